# An offer: made, answered, given back, left lying.

== An unanswered offer sends the rep away
rep ana  speaks es  writes es  skills water 3  capacity 100
09:00:00  ana available
09:00:05  email c1 needs write es, water        -> c1 offered to ana until 09:03:05
09:03:05                                        -> offer to ana expired, ana away(missed), c1 waiting

== An accepted contact is the rep's until they close it
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana (only)
09:00:09  ana accepts c1
          now c1 with ana
          now ana load 20
          now nothing due
10:30:00  ana closes c1 (referred)              -> c1 closed (referred)
          now ana load 0
          now ana idle since 10:30:00
          now c1 closed

== Each channel has its own time to answer
rep ana speaks en writes en
09:00:00  ana available
09:00:00  phone call needs en                   -> call offered to ana until 09:00:20
09:00:01  ana accepts call
09:00:02  ana closes call                       -> call closed
09:00:03  chat talk needs en                    -> talk offered to ana until 09:00:33
09:00:04  form paper needs en                   -> paper offered to ana until 09:03:04

== What one rep lets lie goes to the next
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana (longest idle of 2)
09:03:05                                        -> offer to ana expired, ana away(missed)
                                                -> c1 offered to bo until 09:06:05 (only)
09:03:20  bo accepts c1

== A rep who was sent away comes back by their own hand
rep ana speaks en writes en
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana until 09:00:35
09:00:35                                        -> offer to ana expired, ana away(missed)
          now ana cannot take c1: away(missed)
09:01:00  ana available                         -> c1 offered to ana until 09:01:30
09:01:02  ana accepts c1

== Missing one offer takes the others back too
rep ana speaks en writes en
09:00:00  ana available
09:00:00  chat c1 needs en                      -> c1 offered to ana until 09:00:30
09:00:10  email c2 needs en                     -> c2 offered to ana until 09:03:10
09:00:30                                        -> offer to ana expired (c1), ana away(missed), c2 withdrawn from ana (rep away)
          now c2 waiting

== What a rep declines is not offered to them again for a minute
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:10  ana declines c1 (conflict of interest)
          now c1 waiting
          now ana cannot take c1: declined until 09:01:10
          now ana available
09:01:10                                        -> ana may have c1 again, c1 offered to ana

== What one rep declines the next one gets at once
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:10  ana declines c1 (busy)                -> c1 declined by ana until 09:01:10 (busy), c1 offered to bo (only)
09:00:15  bo accepts c1
          now nothing due

== Nobody loses their place by being declined
rep ana speaks en writes en
rep bo  speaks en writes en  capacity 20
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  ana declines c1
09:00:03  ana away(meeting)
09:00:04  email c2 needs en
09:00:05  email c3 needs en
          now c1 place 1
          now c2 place 2
          now c1 since 09:00:01
09:00:06  bo available                          -> c1 offered to bo
09:00:07  bo accepts c1
09:00:08  bo closes c1                          -> c1 closed, c2 offered to bo
09:01:02                                        # the bar ended with the acceptance: nothing happens

== Going to lunch gives open offers back
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:10  ana away(lunch)                       -> ana away(lunch), c1 withdrawn from ana (rep away)
09:00:20  bo available                          -> c1 offered to bo until 09:03:20

== An offer answered twice was gone the second time
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  ana accepts c1                        -> refused: offer gone
09:00:08  ana declines c1                       -> refused: offer gone

== Nobody answers an offer made to someone else
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  bo takes c1 from ana                  -> refused: offer gone
          now c1 offered to ana

== An offer that expired cannot be accepted
rep ana speaks en writes en
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana until 09:00:35
09:00:35                                        -> offer to ana expired, ana away(missed)
09:00:36  ana accepts c1                        -> refused: offer gone

== At the last moment the clock wins
rep ana speaks en writes en
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana until 09:00:35
09:00:35  ana accepts c1                        -> offer to ana expired, ana away(missed), refused: offer gone
