# The rep's work: park and resume, wrap-up, hand over, close.

== A parked contact comes back first to the same rep when the customer answers
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  bo available
09:00:01  ana available
09:00:02  bo away(break)
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  bo available
09:01:00  ana parks c1
          now c1 parked by ana
11:00:00  c1 customer wrote                     -> c1 unparked for ana until 11:10:00, c1 offered to ana until 11:03:00 (preferred of 1)

== A reminder brings a parked contact back
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  ana parks c1 until 10:00:00
          now due at 10:00:00
10:00:00                                        -> c1 unparked for ana, c1 offered to ana (preferred of 1)
          now c1 since 10:00:00

== When the rep is not there, an answered contact goes to anyone
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  ana parks c1
09:02:00  ana away(lunch)
09:03:00  bo available
09:30:00  c1 customer wrote                     -> c1 unparked, c1 offered to bo (only)

== A reservation ends and others may take it
rep ana speaks en writes en  capacity 40
rep bo  speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  ana parks c1
09:01:01  bo available
09:02:00  chat talk for ana needs en            -> talk received for ana until 09:03:00, talk offered to ana (preferred of 1)
09:02:01  ana accepts talk
09:30:00  c1 customer wrote                     -> c1 unparked for ana until 09:40:00
          now c1 kept for ana until 09:40:00
          now bo cannot take c1: kept for ana until 09:40:00
09:40:00                                        -> c1 open to all, c1 offered to bo (only)

== A rep resumes what they parked, even over capacity
rep ana speaks en writes en  capacity 20
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  ana accepts c1
09:00:03  ana parks c1
09:00:04  email c2 needs en                     -> c2 offered to ana
09:00:05  ana accepts c2
09:00:06  ana resumes c1
          now c1 with ana
          now ana load 40

== A parked contact can be closed
queue general wrap-up 60s
rep ana speaks en writes en
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  ana accepts c1
09:00:03  ana parks c1 until 12:00:00
10:00:00  ana closes c1 (no contact)            -> c1 closed (no contact)
          now nothing due

== Wrap-up ends by itself
queue general wrap-up 60s
rep ana speaks en writes en  capacity 20
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  email c2 needs en
09:00:03  ana accepts c1
09:05:00  ana closes c1 (reported)              -> ana wraps up c1 until 09:06:00 (reported)
          now c1 wrapped up by ana
          now ana load 20
09:06:00                                        -> c1 closed (reported), c2 offered to ana
          now ana idle since 09:06:00

== Wrap-up ends when the rep says so
queue general wrap-up 60s
rep ana speaks en writes en  capacity 20
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  email c2 needs en
09:00:03  ana accepts c1
09:05:00  ana closes c1                         -> ana wraps up c1 until 09:06:00
09:05:10  ana ends wrap-up of c1                -> c1 closed (informed), c2 offered to ana

== A customer who writes during wrap-up has the rep back
queue general wrap-up 60s
rep ana speaks en writes en
09:00:00  ana available
09:00:01  chat c1 needs en                      -> c1 offered to ana
09:00:02  ana accepts c1
09:05:00  ana closes c1                         -> ana wraps up c1 until 09:06:00
09:05:20  c1 customer wrote                     -> c1 resumed by ana
          now c1 with ana
          now nothing due

== A transfer to a rep is kept for them, at its old place
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  bo available
09:10:00  ana transfers c1 to rep bo            -> c1 transferred by ana to general for bo until 09:20:00, c1 offered to bo handed over by ana to bo (preferred of 1)
          now c1 since 09:00:05
          now ana load 0

== A mail handed to a rep who is full waits for them as long as for one who comes back, and remembers who handed it over
rep ana speaks en writes en
rep bo  speaks en writes en  capacity 20
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  bo available
09:01:01  email c2 needs en                     -> c2 offered to bo
09:01:02  bo accepts c2
09:10:00  ana transfers c1 to rep bo            -> c1 transferred by ana to general for bo until 09:20:00
          now c1 kept for bo until 09:20:00
          now c1 handed over by ana to bo
          now bo cannot take c1: 20 + 20 is more than 20
          now ana cannot take c1: handed over until 09:11:00, kept for bo until 09:20:00
09:11:00                                        -> ana may have c1 again
09:15:00  bo closes c2                          -> c2 closed, c1 offered to bo handed over by ana to bo (preferred of 1)
09:15:01  bo accepts c1
          now c1 handed over by nobody

== When nobody waits for the named rep any longer it is still known whom it was meant for
rep ana speaks en writes en
rep bo  speaks en writes en  capacity 20
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  bo available
09:01:01  email c2 needs en                     -> c2 offered to bo
09:01:02  bo accepts c2
09:10:00  ana transfers c1 to rep bo            -> c1 transferred by ana to general for bo until 09:20:00
09:10:10  ana away(break)
09:11:00                                        -> ana may have c1 again
09:20:00                                        -> c1 open to all
          now c1 handed over by ana to bo
09:21:00  bo closes c2                          -> c2 closed, c1 offered to bo handed over by ana to bo (only)
09:21:01  bo declines c1 (busy)                 -> c1 declined by bo until 09:22:01 (busy)
          now bo cannot take c1: declined until 09:22:01
          now c1 handed over by ana to bo

== A transferred contact that its rep cannot take yet waits at least two minutes for them
rep ana speaks en writes en
rep bo  speaks en writes en
rep cy  speaks en writes en
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  bo available
09:01:01  phone call needs en                   -> call offered to bo
09:01:02  bo accepts call
09:02:00  cy available
09:10:00  ana transfers c1 to rep bo            -> c1 transferred by ana to general for bo until 09:12:00
09:11:00                                        -> ana may have c1 again
09:12:00                                        -> c1 open to all, c1 offered to cy

== The rep who handed it over does not get it back at once
rep ana speaks en writes en  skills permits
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:10:00  ana transfers c1 to queue permits     -> c1 transferred by ana to permits
          now c1 handed over by ana
          now c1 waiting
          now c1 in permits
          now c1 needs write en, permits 1
          now ana cannot take c1: handed over until 09:11:00
09:11:00                                        -> ana may have c1 again, c1 offered to ana

== A transfer to another queue keeps the place
rep ana speaks en writes en
rep bo  speaks en writes en  skills permits  capacity 20
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:05:00  email c2 to permits needs en
09:10:00  ana transfers c1 to queue permits     -> c1 transferred by ana to permits
          now c1 place 1
          now c2 place 2
09:10:01  bo available                          -> c1 offered to bo

== A transfer to another need finds who has it
rep ana speaks en writes en
rep bo  speaks es writes es  skills water
09:00:00  ana available
09:00:00  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:10:00  ana transfers c1 to need es, water    -> c1 transferred by ana to general, c1 offered to bo (only)
          now c1 needs write es, water 1

== A transfer nobody can answer is refused, and the rep still has it
rep ana speaks en writes en
rep bo  speaks en writes en
rep cy  speaks es writes es
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  ana transfers c1 to rep bo            -> refused: signed out
09:02:00  bo available
09:02:01  bo away(lunch)
09:02:02  ana transfers c1 to rep bo            -> refused: away
09:03:00  cy available
09:03:01  ana transfers c1 to rep cy            -> refused: does not serve it
09:03:02  ana transfers c1 to queue parks       -> refused: no such queue
          now c1 with ana

== A closed contact comes back to the same rep
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  bo available
09:00:01  ana available
09:00:02  bo away(break)
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  bo available
09:01:00  ana closes c1                         -> c1 closed
15:00:00  email c1 again for ana needs en       -> c1 reopened for ana until 15:10:00, c1 offered to ana (preferred of 1)

== A contact asked for by name goes to that rep first
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 for bo needs en              -> c1 received for bo until 09:10:05, c1 offered to bo (preferred of 1)

== Asked for by name but not there: anyone
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:05  email c1 for bo needs en              -> c1 offered to ana (only)

== A kept contact that its rep declines goes to all
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 for bo needs en              -> c1 received for bo, c1 offered to bo (preferred of 1)
09:00:10  bo declines c1 (not mine)             -> c1 declined by bo, c1 offered to ana (only)

== A kept contact is let go when its rep leaves
rep ana speaks en writes en
rep bo  speaks en writes en  capacity 20
09:00:00  bo available
09:00:01  email c1 needs en                     -> c1 offered to bo
09:00:02  bo accepts c1
09:00:03  ana available
09:00:05  email c2 for bo needs en              -> c2 received for bo until 09:10:05
          now c2 waiting
09:00:06  bo away(break)                        -> c2 open to all, c2 offered to ana

== Where the plan keeps nothing for anyone, a name asked for changes nothing
channel email prefer 0s
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 for bo needs en              -> c1 offered to ana (longest idle of 2)

== Words that tell the language bring whoever waits to the one who writes it, with the time they have waited
rep ana speaks en writes en
rep bo  speaks es writes es
09:00:00  ana available
09:00:01  bo available
09:00:02  chat c1 needs en                      -> c1 offered to ana until 09:00:32
09:00:10  c1 customer wrote not en normal to general needs es
                                                -> c1 withdrawn from ana (reclassified), c1 reclassified by their words to normal, c1 offered to bo
          now c1 since 09:00:02

== Whoever has it keeps it when its words tell the language, and it goes on to one who writes it
rep ana speaks en writes en
rep bo  speaks es writes es
09:00:00  ana available
09:00:01  bo available
09:00:02  email c1 needs en                     -> c1 offered to ana
09:00:03  ana accepts c1
09:00:10  c1 customer wrote not en normal to general needs es    -> c1 reclassified by their words to normal
          now c1 with ana
09:00:20  ana parks c1
09:01:00  c1 customer wrote                     -> c1 unparked, c1 offered to bo (only)

== What a person said of the language stands, whatever the words tell
rep ana speaks en writes en
rep bo  speaks es, vi writes es, vi
09:00:00  bo available
09:00:02  email c1 needs en
09:00:05  ana reclassifies c1 normal needs vi   -> c1 reclassified by ana to normal, c1 offered to bo
09:00:10  c1 customer wrote not en normal to general needs es
          now c1 offered to bo

== An emergency that waits stays with everyone, and one that is taken climbs on
rep ana speaks en writes en
rep bo  speaks es writes es
09:00:00  ana available
09:00:01  bo available
09:00:02  email c1 emergency needs en           -> c1 offered to ana (emergency of 2), c1 offered to bo (emergency of 2)
09:00:10  c1 customer wrote not en low to general needs es
09:00:12  bo accepts c1                         -> c1 withdrawn from ana (taken)

== Words that tell the language do not quiet danger that nobody has seen
rep ana speaks en writes en
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:02:00  c1 customer wrote of danger           -> c1 raised to emergency
09:02:10  c1 customer wrote not en normal to general needs es    -> c1 reclassified by their words to emergency
          now due at 09:02:30
09:02:30                                        -> c1 escalated to supervisors
