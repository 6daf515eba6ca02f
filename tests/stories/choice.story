# The best rep among those who can: by the queue's policy, never by dice.

== The bilingual rep is spared while another can do it
rep ana speaks en, es writes en, es
rep bo  speaks en writes en
rep cy  speaks en writes en
rep di  speaks en writes en
09:00:00  ana available
09:10:00  bo available
09:10:05  email c1 needs en                     -> c1 offered to bo (spares scarce of 2)
09:10:06  bo accepts c1
09:10:07  email c2 needs es                     -> c2 offered to ana (only)

== A bilingual rep is spared in a small team too
rep ana speaks en, es writes en, es
rep bo  speaks en writes en
09:00:00  ana available
09:10:00  bo available
09:10:05  email c1 needs en                     -> c1 offered to bo (spares scarce of 2)

== What half the team can do is not scarce
rep ana speaks en, es writes en, es
rep bo  speaks en, es writes en, es
rep cy  speaks en writes en
rep di  speaks en writes en
09:00:00  ana available
09:10:00  cy available
09:10:05  email c1 needs en                     -> c1 offered to ana (longest idle of 2)

== What decided is what parted the best from the second
rep ana speaks en writes en
rep bo  speaks en writes en
rep cy  speaks en, es writes en, es
rep di  speaks en writes en
09:00:00  cy available
09:00:01  ana available
09:00:02  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana (longest idle of 3)

== A scarce ability that is asked for is not wasted
rep ana speaks en, es writes en, es
rep bo  speaks en, es writes en, es skills permits
rep cy  speaks en writes en
rep di  speaks en writes en
rep ed  speaks en writes en
09:00:00  bo available
09:10:00  ana available
09:10:05  email c1 needs es                     -> c1 offered to ana (spares scarce of 2)
09:10:06  ana accepts c1
09:10:07  email c2 needs es, permits            -> c2 offered to bo (only)

== The rarer rep is asked when nobody else is there
rep ana speaks en, es writes en, es
rep bo  speaks en writes en
09:00:00  ana available
09:10:05  email c1 needs en                     -> c1 offered to ana (only)

== Between equals, the one with more room
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  ana accepts c1
09:10:00  bo available
09:10:05  email c2 needs en                     -> c2 offered to bo (least loaded of 2)

== Room is a share of each one's own capacity
queue general policy least-loaded
rep ana speaks en writes en  capacity 200
rep bo  speaks en writes en  capacity 100
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  ana accepts c1
09:00:03  bo available
09:00:04  email c2 needs en                     -> c2 offered to bo (least loaded of 2)
09:00:05  bo accepts c2
09:00:06  email c3 needs en                     -> c3 offered to ana (least loaded of 2)

== Equal in load, the one who has rested longest
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  bo available
09:00:01  ana available
09:00:05  email c1 needs en                     -> c1 offered to bo (longest idle of 2)
09:00:06  bo accepts c1
09:00:07  bo closes c1                          -> c1 closed
09:00:08  email c2 needs en                     -> c2 offered to ana (longest idle of 2)

== Equal in all, the lower number
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  bo available
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana (lowest number of 2)

== Coming back from a break starts the idle clock anew
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:05:00  ana away(break)
09:06:00  ana available
          now ana idle since 09:06:00
09:06:05  email c1 needs en                     -> c1 offered to bo (longest idle of 2)

== A lost connection does not start the idle clock anew
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana connects
09:00:00  ana available
09:00:01  bo available
09:05:00  ana disconnects
09:05:10  ana connects
          now ana idle since 09:00:00
09:06:05  email c1 needs en                     -> c1 offered to ana (longest idle of 2)

== Longest idle as a policy looks at nothing before it
queue general policy longest-idle
rep ana speaks en, es writes en, es
rep bo  speaks en writes en
rep cy  speaks en writes en
rep di  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana (longest idle of 2)
09:00:06  ana accepts c1
09:00:07  email c2 needs en                     -> c2 offered to ana (longest idle of 2)

== Least loaded as a policy
queue general policy least-loaded
rep ana speaks en, es writes en, es
rep bo  speaks en writes en
rep cy  speaks en writes en
rep di  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana (longest idle of 2)
09:00:06  ana accepts c1
09:00:07  email c2 needs en                     -> c2 offered to bo (least loaded of 2)

== Most skilled as a policy
queue general policy most-skilled
rep ana speaks en writes en  skills permits 2, water 5
rep bo  speaks en writes en  skills permits 4
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en, permits 1          -> c1 offered to bo (most skilled of 2)
09:00:06  email c2 needs en, permits 1, water 1 -> c2 offered to ana (only)

== One queue's policy is not another's
queue permits policy most-skilled
rep ana speaks en writes en  skills permits 1
rep bo  speaks en writes en  skills permits 5
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 to permits needs en          -> c1 offered to bo (most skilled of 2)
09:00:06  bo accepts c1
09:00:07  bo closes c1                          -> c1 closed
09:00:08  email c2 needs en                     -> c2 offered to ana (longest idle of 2)
