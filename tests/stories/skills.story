# Who serves: the channel, the language as it is used there, every skill at its level.

== The right skill, not the longest idle
rep ana speaks en writes en
rep bo  speaks en writes en  skills permits 2
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en, permits 2          -> c1 offered to bo (only)

== A level is a minimum
rep ana speaks en writes en  skills permits 2
rep bo  speaks en writes en  skills permits 3
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en, permits 3          -> c1 offered to bo (only)
          now ana cannot take c1: permits 2 instead of 3

== Every skill is needed
rep ana speaks en writes en  skills permits 5
rep bo  speaks en writes en  skills water 5
rep cy  speaks en writes en  skills permits 1, water 1
09:00:00  ana available
09:00:00  bo available
09:00:01  cy available
09:00:05  email c1 needs en, permits 1, water 1 -> c1 offered to cy (only)

== A queue brings its own skills
rep ana speaks en writes en
rep bo  speaks en writes en  skills permits 1
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 to permits needs en          -> c1 offered to bo (only)
          now c1 needs write en, permits 1
          now c1 in permits

== Of the queue's level and the contact's own the higher one counts
rep bo  speaks en writes en  skills permits 1
rep cy  speaks en writes en  skills permits 3
09:00:00  bo available
09:00:01  cy available
09:00:05  email c1 to permits needs en, permits 3   -> c1 offered to cy (only)
          now c1 needs write en, permits 3

== Cantonese and Mandarin are two tongues and one script
rep kit  speaks yue  writes zh
rep mei  speaks cmn  writes zh
09:00:00  kit available
09:00:01  mei available
09:00:05  phone call1 needs cmn                 -> call1 offered to mei (only)
09:00:06  phone call2 needs yue                 -> call2 offered to kit (only)
09:00:07  mei accepts call1
09:00:08  kit accepts call2
09:01:00  kit closes call2                      -> call2 closed
09:02:00  mei closes call1                      -> call1 closed
09:03:00  email letter needs zh                 -> letter offered to kit (longest idle of 2)

== Who writes a language need not speak it
rep ana speaks en writes en, ru
09:00:00  ana available
09:00:05  phone call needs ru
          now ana cannot take call: does not speak ru
09:00:06  chat talk needs ru                    -> talk offered to ana (only)

== Who speaks a language need not write it
rep ana speaks en, so writes en
09:00:00  ana available
09:00:05  chat talk needs so
          now ana cannot take talk: does not write so
09:00:06  counter visit needs so                -> visit offered to ana (only)

== Only the channels a rep handles
rep ana speaks en writes en  channels chat, email
09:00:00  ana available
09:00:05  phone call needs en
          now ana cannot take call: does not handle phone
09:00:06  chat talk needs en                    -> talk offered to ana (only)
