# The roster and the plan change while people wait and work.

== A rep who learns something gets what waited for it
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en, permits
          now c1 waiting
09:10:00  rep ana speaks en writes en skills permits    -> c1 offered to ana

== An offer is taken back from a rep who no longer serves it
rep ana speaks en writes en  skills permits
rep bo  speaks en writes en  skills permits
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en, permits            -> c1 offered to ana
09:00:10  rep ana speaks en writes en           -> ana on the roster, c1 withdrawn from ana (no longer serves), c1 offered to bo
          now ana available

== What a rep has, they keep, whatever the roster says
rep ana speaks en writes en  skills permits
09:00:00  ana available
09:00:05  email c1 needs en, permits            -> c1 offered to ana
09:00:06  ana accepts c1
09:00:10  rep ana speaks en writes en
          now c1 with ana

== Capacity raised in the middle of the day
rep ana speaks en writes en  capacity 20
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  email c2 needs en
09:00:10  rep ana speaks en writes en capacity 40   -> c2 offered to ana

== A rep leaves the roster: everything goes back, parked contacts too
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  ana accepts c1
09:00:03  email c2 needs en                     -> c2 offered to ana
09:00:04  ana accepts c2
09:00:05  ana parks c2
09:00:06  email c3 needs en                     -> c3 offered to ana
09:00:07  bo available
09:00:08  ana leaves the roster                 -> ana offline, c3 withdrawn from ana (rep away), c1 returned by ana (rep removed)
                                                -> c2 returned by ana (rep removed), ana off the roster
                                                -> c1 offered to bo, c2 offered to bo, c3 offered to bo
          now ana off the roster
09:00:09  ana available                         -> refused: no such rep

== A new rep on the roster begins signed out
rep ana speaks en writes en
09:00:00  email c1 needs en
09:00:10  rep bo speaks en writes en
          now bo offline
09:00:11  bo available                          -> c1 offered to bo

== A new plan moves nobody who waits
rep ana speaks en writes en
09:00:00  email c1 needs en
09:00:01  email c2 urgent needs en
09:05:00  plan head start urgent 0s
          now c2 place 1
          now c1 place 2
09:05:01  ana available                         -> c2 offered to ana, c1 offered to ana

== A new plan's offer times hold for new offers
rep ana speaks en writes en
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana until 09:03:01
09:00:10  plan queue general offer email 60s
          now due at 09:03:01
09:00:11  email c2 needs en                     -> c2 offered to ana until 09:01:11

== A lighter weight lets a rep take more
rep ana speaks en writes en  capacity 20
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  email c2 needs en
09:00:10  plan channel email weight 10          -> plan 2, c2 offered to ana
          now ana load 20

== A heavier weight takes nothing away
rep ana speaks en writes en  capacity 40
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  ana accepts c1
09:00:03  email c2 needs en                     -> c2 offered to ana
09:00:04  ana accepts c2
09:00:10  plan channel email weight 40
          now ana load 80
          now c1 with ana
          now c2 with ana

== A queue that is gone serves out what it holds and takes no more
rep ana speaks en writes en  skills permits
09:00:00  email c1 to permits needs en
09:00:10  plan no queue permits
09:00:11  email c2 to permits needs en          -> refused: no such queue
          now c1 in permits
09:00:12  ana available                         -> c1 offered to ana

== A queue that comes back is the same queue
rep ana speaks en writes en  skills permits
09:00:00  email c1 to permits needs en
09:00:10  plan no queue permits
09:00:20  plan queue permits skills permits 1
09:00:30  email c2 to permits needs en
09:00:31  ana available                         -> c1 offered to ana, c2 offered to ana

== A widening step added to the plan reaches those who wait already
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en, permits
09:05:00  plan widen general after 60s without permits    -> plan 2
09:05:00                                        -> c1 widened (without permits), c1 offered to ana

== A plan without queues is refused
rep ana speaks en writes en
09:00:00  plan no queue general; no queue permits   -> refused: bad plan: a plan needs at least one queue

== A policy changed in the middle of the day
rep ana speaks en, es writes en, es
rep bo  speaks en writes en
rep cy  speaks en writes en
rep di  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en                     -> c1 offered to bo (spares scarce of 2)
09:00:06  plan queue general policy longest-idle
09:00:07  email c2 needs en                     -> c2 offered to ana (longest idle of 2)
