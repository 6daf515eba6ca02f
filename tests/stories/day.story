# One short day in which every kind of event happens once at least. `journal.rs` keeps its journal as a fixture.

== A whole day
queue general wrap-up 30s
widen permits after 60s with interpreter
rep ana  speaks en, es writes en, es  skills permits 2
rep bo   speaks en writes en
rep cy   speaks en writes en  capacity 40
rep sue  speaks en writes en
08:59:50  ana connects
08:59:51  ana available
08:59:52  bo available
09:00:00  email c1 urgent to permits by rule 3 needs en     -> c1 offered to ana (only)
09:00:05  ana accepts c1
09:00:10  email c2 needs en                                 -> c2 offered to bo (spares scarce of 2)
09:00:20  bo declines c2 (busy)                             -> c2 declined by bo until 09:01:20, c2 offered to ana (only)
09:00:25  chat c3 for bo needs en                           -> c3 received for bo until 09:01:25, c3 offered to bo (preferred of 1)
09:00:30  bo accepts c3
09:00:40  chat c4 for bo needs en                           -> c4 received for bo until 09:01:40, c4 offered to bo
09:00:45  bo accepts c4
09:00:50  chat c5 for bo needs en                           -> c5 received for bo until 09:01:50
09:01:00  c5 customer left                                  -> c5 customer left until 09:03:00
09:01:10  c5 customer back
09:01:20                                                    -> bo may have c2 again
09:01:30  phone c6 to permits needs vi
09:01:40  c6 wants a callback
09:01:50                                                    -> c5 open to all, c5 offered to ana (only)
09:02:00  ana accepts c5
09:02:30                                                    -> c6 widened (with interpreter)
09:02:31  ana closes c5 (referred)                          -> ana wraps up c5 until 09:03:01
09:02:40  ana parks c1 until 09:30:00
09:02:50  ana resumes c1
09:02:55  ana parks c1
09:03:01                                                    -> c5 closed (referred), c6 offered to ana (only)
09:03:05  ana accepts c6
09:03:10  c1 customer wrote                                 -> c1 unparked for ana until 09:13:10
09:03:20                                                    -> offer to ana expired (c2), ana away(missed), c1 open to all, c2 offered to bo (only)
09:03:30  ana available
09:03:40  ana transfers c6 to queue general                 -> c6 transferred by ana to general, c1 offered to ana (only)
09:03:50  sue reclassifies c6 normal to general needs en    -> c6 reclassified by sue to normal, c6 offered to ana
09:04:00  ana disconnects                                   -> ana disconnected until 09:04:30, c1 withdrawn from ana (rep disconnected)
                                                            -> c6 withdrawn from ana (rep disconnected)
09:04:10                                                    -> c1 widened (with interpreter)
09:04:30                                                    -> grace of ana over
09:05:00  bo offline                                        -> bo offline, c2 withdrawn from bo (rep away), c3 returned by bo (signed out), c4 returned by bo (signed out)
09:05:10  email c7 emergency needs en                       -> c7 offered to ana (emergency of 1)
09:05:40                                                    -> c7 escalated to supervisors
09:05:45  sue acknowledges c7
09:05:50  ana accepts c7
09:06:00  sue assigns c2 to ana
09:06:05  c2 customer wrote of danger                         -> c2 raised to emergency
09:06:06  ana acknowledges c2
09:06:08  sue reclassifies c2 normal to general needs en    -> c2 reclassified by sue to normal
09:06:10  ana leaves the roster                             -> ana offline, c2 returned by ana (rep removed), c7 returned by ana (rep removed), ana off the roster
09:06:15  sue away(meeting)                                 -> sue away(meeting), c7 offered to sue (emergency of 1)
09:06:20  email c5 again needs en                           # who wrote before writes again
09:06:40                                                    -> c7 escalated to supervisors
09:07:00  cy available                                      -> c7 offered to cy (emergency of 2), c2 offered to cy, c3 offered to cy (only)
09:07:10                                                    -> c7 escalated to on call
09:07:20  cy accepts c3
09:07:25  cy parks c3 until 11:00:00                        -> c4 offered to cy (only)
09:07:28  cy accepts c4
09:07:30  plan queue general wrap-up 0s; channel email weight 10
09:07:31  email c8 to permits needs es
