# What a rep can hold: weights, live before deferred, so many of a channel at once.

== A call interrupts emails
rep ana speaks en writes en
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  ana accepts c1
09:00:03  email c2 needs en                     -> c2 offered to ana
09:00:04  ana accepts c2
          now ana load 40
09:00:05  phone call needs en                   -> call offered to ana
09:00:06  ana accepts call
          now ana load 140

== A call never interrupts a call
rep ana speaks en writes en
09:00:00  ana available
09:00:01  phone call1 needs en                  -> call1 offered to ana
09:00:02  ana accepts call1
09:00:03  phone call2 needs en
          now ana cannot take call2: 100 + 100 is more than 100, 1 phone at most
09:00:04  chat talk needs en
          now ana cannot take talk: 100 + 40 is more than 100
09:05:00  ana closes call1                      -> call1 closed, call2 offered to ana

== Nobody on a call is sent emails
rep ana speaks en writes en
09:00:00  ana available
09:00:01  phone call needs en                   -> call offered to ana
09:00:02  email c1 needs en
09:00:03  ana accepts call
          now c1 waiting
          now ana cannot take c1: 100 + 20 is more than 100
09:05:00  ana closes call                       -> call closed, c1 offered to ana

== Nobody in a call's wrap-up is sent emails
queue general wrap-up 60s
rep ana speaks en writes en
09:00:00  ana available
09:00:01  phone call needs en                   -> call offered to ana
09:00:02  ana accepts call
09:00:03  email c1 needs en
09:05:00  ana closes call                       -> ana wraps up call until 09:06:00
          now ana load 100
09:05:30  ana ends wrap-up of call              -> c1 offered to ana

== Two chats at once, not three
rep ana speaks en writes en  capacity 200
09:00:00  ana available
09:00:01  chat c1 needs en                      -> c1 offered to ana
09:00:02  chat c2 needs en                      -> c2 offered to ana
09:00:03  chat c3 needs en
          now ana cannot take c3: 2 chat at most
          now ana load 80
09:00:04  ana accepts c1
09:00:05  ana closes c1                         -> c1 closed, c3 offered to ana

== Two chats and one email fill a rep
rep ana speaks en writes en
09:00:00  ana available
09:00:01  chat c1 needs en                      -> c1 offered to ana
09:00:02  chat c2 needs en                      -> c2 offered to ana
09:00:03  email c3 needs en                     -> c3 offered to ana
09:00:04  email c4 needs en
          now ana load 100
          now ana cannot take c4: 100 + 20 is more than 100

== An offer takes its place at once
rep ana speaks en writes en  capacity 20
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  email c2 needs en
          now ana load 20
          now c2 waiting

== Five emails at most, whatever the capacity
rep ana speaks en writes en  capacity 1000
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  email c2 needs en                     -> c2 offered to ana
09:00:03  email c3 needs en                     -> c3 offered to ana
09:00:04  email c4 needs en                     -> c4 offered to ana
09:00:05  email c5 needs en                     -> c5 offered to ana
09:00:06  email c6 needs en
          now ana cannot take c6: 5 email at most
09:00:07  form c7 needs en                      -> c7 offered to ana

== A rep with half the capacity holds half as much
rep ana speaks en writes en  capacity 50
09:00:00  ana available
09:00:01  phone call needs en
          now ana cannot take call: 0 + 100 is more than 50
09:00:02  chat talk needs en                    -> talk offered to ana
09:00:03  email c1 needs en
          now ana cannot take c1: 40 + 20 is more than 50

== A parked contact weighs nothing
rep ana speaks en writes en  capacity 20
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  email c2 needs en
09:00:03  ana accepts c1
09:00:04  ana parks c1                          -> c2 offered to ana
          now ana load 20
          now ana has c2 offered, c1 parked
