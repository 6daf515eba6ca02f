# What cannot be done is refused, in words, and changes nothing. And what a supervisor may do.

== Nobody works on someone else's contact
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  bo closes c1                          -> refused: not yours
09:00:07  bo parks c1                           -> refused: not yours
09:00:07  bo writes on c1                       -> refused: not yours
09:00:07  bo resumes c1                         -> refused: not yours
09:00:07  bo transfers c1 to queue permits      -> refused: not yours
09:00:07  bo ends wrap-up of c1                 -> refused: not yours
          now c1 with ana

== Nobody works on a contact before accepting it
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana closes c1                         -> refused: not yours
09:00:07  ana parks c1                          -> refused: not yours
09:00:07  ana writes on c1                      -> refused: not yours

== Each step from its own stage
queue general wrap-up 60s
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  ana ends wrap-up of c1                -> refused: it is active
09:00:07  ana resumes c1                        -> refused: it is active
09:00:08  ana parks c1
09:00:09  ana parks c1                          -> refused: it is parked
09:00:10  ana resumes c1
09:00:11  ana closes c1                         -> ana wraps up c1
09:00:12  ana closes c1                         -> refused: it is wrap up
09:00:12  ana parks c1                          -> refused: it is wrap up
09:00:12  ana writes on c1
09:00:12  ana transfers c1 to queue permits     -> refused: it is wrap up
09:00:12  c1 customer ended                     -> refused: it is wrap up
09:00:13  c1 wants a callback                   -> refused: it is wrap up
09:00:14  ana ends wrap-up of c1                -> c1 closed

== A closed contact can only be reopened
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  ana closes c1                         -> c1 closed
09:00:08  ana closes c1                         -> refused: no such contact
09:00:08  ana writes on c1                      -> refused: no such contact
09:00:08  c1 customer wrote                     -> refused: no such contact
09:00:08  c1 customer left                      -> refused: no such contact
09:00:08  c1 wants a callback                   -> refused: no such contact
09:00:08  ana assigns c1 to ana                 -> refused: no such contact
09:00:09  ana away(break)
09:00:10  email c1 again needs en
09:00:11  email c1 again needs en               -> refused: it is waiting

== What never was cannot be reopened or closed
rep ana speaks en writes en
09:00:00  ana available
09:00:01  email c999 again needs en             -> refused: no such contact
09:00:02  ana closes c999                       -> refused: no such contact
09:00:03  c999 customer wrote                   -> refused: no such contact

== Only queues of the plan take contacts
09:00:00  email c1 to parks needs en            -> refused: no such queue

== A contact keeps its channel
rep ana speaks en writes en
09:00:00  email c1 needs en
09:00:01  ana reclassifies c1 soon to parks needs en    -> refused: no such queue
09:00:02  ana reclassifies c1 soon to permits needs en, water
                                                -> c1 reclassified by ana to soon
          now c1 needs write en, permits 1, water 1
          now c1 urgency soon
          now c1 since 09:00:00

== A supervisor gives a waiting contact to a rep
rep ana speaks en writes en
rep sue speaks en writes en
09:00:00  ana away(lunch)
09:00:05  email c1 needs es
09:00:10  sue assigns c1 to ana
          now c1 with ana
          now ana load 20

== A supervisor may go over a rep's capacity
rep ana speaks en writes en  capacity 20
rep sue speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  email c2 needs en
09:00:10  sue assigns c2 to ana                 -> c2 assigned to ana by sue
          now ana load 40

== A supervisor takes a contact over to another rep
rep ana speaks en writes en
rep bo  speaks en writes en
rep sue speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  bo available
09:00:10  sue assigns c1 to bo
          now c1 with bo
          now ana load 0
          now ana idle since 09:00:10
09:00:11  ana closes c1                         -> refused: not yours

== An assignment takes the open offer back
rep ana speaks en writes en
rep bo  speaks en writes en
rep sue speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:07  bo away(break)
09:00:10  sue assigns c1 to bo                  -> c1 withdrawn from ana (assigned), c1 assigned to bo by sue
09:00:11  ana accepts c1                        -> refused: offer gone

== Nobody is given work while signed out
rep ana speaks en writes en
rep sue speaks en writes en
09:00:05  email c1 needs en
09:00:10  sue assigns c1 to ana                 -> refused: signed out
          now c1 waiting

== A reclassified contact stays with the rep who has it
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  ana reclassifies c1 urgent to permits needs en    -> c1 reclassified by ana to urgent
          now c1 with ana
          now c1 in permits
