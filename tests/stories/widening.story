# After a time more reps may serve. Step by step, never back.

== After a minute an interpreter will do
widen general after 60s with interpreter
rep ana speaks en writes en
09:00:00  ana available
09:00:05  phone call needs vi
          now ana cannot take call: does not speak vi
09:01:05                                        -> call widened (with interpreter), call offered to ana with interpreter (only)
          now call wanted speak vi
          now call needs speak vi, or en with interpreter

== An interpreter never shuts out who speaks the language
widen general after 60s with interpreter
rep kim speaks vi
09:00:05  phone call needs vi
09:01:05                                        -> call widened (with interpreter)
09:02:00  kim available                         -> call offered to kim (only)

== An interpreter needs someone who speaks the house language
widen general after 60s with interpreter
rep ana speaks es writes es
09:00:00  ana available
09:00:05  phone call needs vi
09:01:05                                        -> call widened (with interpreter)
          now call waiting
          now ana cannot take call: does not speak en

== One level lower
widen general after 60s permits 1 lower
rep ana speaks en writes en  skills permits 2
09:00:00  ana available
09:00:05  email c1 needs en, permits 3
09:01:05                                        -> c1 widened (permits 1 lower), c1 offered to ana

== Never lower than the lowest level
widen general after 60s permits 5 lower
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en, permits 3
09:01:05                                        -> c1 widened (permits 5 lower)
          now c1 needs write en, permits 1
          now c1 waiting

== Without the skill
widen general after 60s without permits
rep ana speaks en writes en  skills water
09:00:00  ana available
09:00:05  email c1 needs en, permits 3, water
09:01:05                                        -> c1 widened (without permits), c1 offered to ana
          now c1 needs write en, water 1

== The reps of another queue as well
queue water skills water 1
widen permits after 60s also water
rep ana speaks en writes en  skills water
09:00:00  ana available
09:00:05  email c1 to permits needs en
09:01:05                                        -> c1 widened (also water), c1 offered to ana
          now c1 needs write en, permits 1, or water 1

== The reps of a queue without skills of its own: anyone
widen permits after 60s also general
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 to permits needs en
09:01:05                                        -> c1 widened (also general), c1 offered to ana
          now c1 needs write en

== Steps come one after the other, and are not taken back
widen general after 60s permits 1 lower
widen general after 2m without permits
rep ana speaks en writes en  capacity 20
09:00:05  email c1 needs en, permits 2
          now due at 09:01:05
09:01:05                                        -> c1 widened (permits 1 lower)
          now c1 needs write en, permits 1
          now due at 09:02:05
09:02:05                                        -> c1 widened (without permits)
          now c1 needs write en
          now nothing due
09:10:00  ana available                         -> c1 offered to ana
09:10:01  ana declines c1                       -> c1 declined by ana
          now c1 needs write en

== What is offered does not widen; what comes back catches up
widen general after 60s permits 1 lower
rep ana speaks en writes en  skills permits 2
rep bo  speaks en writes en  skills permits 1
09:00:04  bo available
09:00:04  ana available
09:00:05  email c1 needs en, permits 2          -> c1 offered to ana until 09:03:05
09:03:05                                        -> offer to ana expired, ana away(missed), c1 widened (permits 1 lower), c1 offered to bo

== Widening counts from the beginning of the wait, transferred or not
widen permits after 10m without permits
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  bo available
09:08:00  ana transfers c1 to queue permits     -> c1 transferred by ana to permits
09:09:00                                        -> ana may have c1 again
09:10:05                                        -> c1 widened (without permits), c1 offered to bo

== An answered contact asks for what it first asked for
widen general after 60s without permits
rep ana speaks en writes en
rep bo  speaks en writes en  skills permits
09:00:05  email c1 needs en, permits
09:01:05                                        -> c1 widened (without permits)
09:02:00  ana available                         -> c1 offered to ana
09:02:01  ana accepts c1
09:03:00  ana parks c1
09:04:00  bo available
10:00:00  c1 customer wrote                     -> c1 unparked, c1 offered to bo
          now c1 needs write en, permits 1
