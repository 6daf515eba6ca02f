# Screens come and go: reps who lose theirs, customers who lose theirs.

== A rep's screen goes: offers go back at once
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana connects
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:10  ana disconnects                       -> ana disconnected until 09:00:40, c1 withdrawn from ana (rep disconnected), c1 offered to bo
          now ana away(disconnected)
09:00:20  ana connects
          now ana available

== A live contact is held for the grace time, and the rep comes back to it
rep ana speaks en writes en
09:00:00  ana connects
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  ana disconnects                       -> ana disconnected until 09:01:30
          now c1 with ana
          now due at 09:01:30
09:01:20  ana connects
          now ana available
          now c1 with ana
          now nothing due

== Who was at lunch when the screen went is at lunch when it comes back
rep ana speaks en writes en
09:00:00  ana connects
09:00:00  ana away(lunch)
09:00:05  email c1 needs en
09:01:00  ana disconnects                       -> ana disconnected until 09:01:30
          now ana away(lunch)
09:01:20  ana connects
          now ana away(lunch)
          now c1 waiting

== After the grace time a live contact goes back to its place
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana connects
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  bo available
09:01:00  ana disconnects                       -> ana disconnected until 09:01:30
09:01:30                                        -> grace of ana over, c1 returned by ana (grace over), c1 offered to bo
          now c1 since 09:00:05

== Emails wait for a rep whose screen went away
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana connects
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  bo available
09:01:00  ana disconnects
09:01:30                                        -> grace of ana over
          now c1 with ana
          now ana away(disconnected)
09:10:00  ana connects
          now ana away(disconnected)
09:10:01  ana available
          now c1 with ana

== Signing out returns all work but what is parked
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  email c1 needs en                     -> c1 offered to ana
09:00:02  ana accepts c1
09:00:03  email c2 needs en                     -> c2 offered to ana
09:00:04  ana accepts c2
09:00:05  ana parks c2
09:00:06  email c3 needs en                     -> c3 offered to ana
09:00:07  ana offline                           -> ana offline, c3 withdrawn from ana (rep away), c1 returned by ana (signed out)
          now ana has c2 parked
          now c1 place 1
          now c3 place 2
09:00:08  bo available                          -> c1 offered to bo, c3 offered to bo
09:00:09  bo accepts c1
09:00:09  bo accepts c3
09:30:00  c2 customer wrote                     -> c2 unparked, c2 offered to bo

== Signing out ends wrap-up
queue general wrap-up 60s
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:05:00  ana closes c1                         -> ana wraps up c1 until 09:06:00
09:05:01  ana offline                           -> ana offline, c1 closed
          now nothing due

== A chat whose customer left is kept for their patience
09:00:05  chat c1 needs en
09:00:10  c1 customer left                      -> c1 customer left until 09:02:10
          now c1 customer away
          now due at 09:02:10
09:02:10                                        -> c1 closed (abandoned)

== The customer is back in time
09:00:05  chat c1 needs en
09:00:10  c1 customer left                      -> c1 customer left until 09:02:10
09:01:00  c1 customer back
          now c1 customer there
          now nothing due
          now c1 since 09:00:05

== A customer gone for good takes an open offer with them
rep ana speaks en writes en
09:00:00  ana available
09:00:05  phone call needs en                   -> call offered to ana until 09:00:25
09:00:06  call customer left                    -> call customer left until 09:00:16
09:00:16                                        -> call withdrawn from ana (customer gone), call closed (abandoned)
          now ana available
          now ana load 0

== Hanging up in line is leaving
rep ana speaks en writes en
09:00:00  ana available
09:00:05  phone call needs en                   -> call offered to ana
09:00:10  call customer ended                   -> call withdrawn from ana (customer gone), call closed (abandoned)

== A rep keeps a chat whose customer left, and closes it
rep ana speaks en writes en
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:05:00  c1 customer left                      -> c1 customer left
          now nothing due
          now c1 customer away
09:10:00  ana closes c1 (no contact)            -> c1 closed (no contact)

== Ending a parked contact closes it
rep ana speaks en writes en
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:05:00  ana parks c1
09:06:00  c1 customer ended                     -> c1 closed (no contact)

== A callback keeps the place
rep ana speaks en writes en
09:00:01  phone call1 needs en
09:00:02  phone call2 needs en
09:00:03  phone call3 needs en
09:00:10  call2 wants a callback
          now call2 callback
          now call2 place 2
09:05:00  ana available                         -> call1 offered to ana
09:05:01  ana accepts call1
09:06:00  ana closes call1                      -> call1 closed, call2 offered to ana

== Whoever waits for a callback cannot hang up
09:00:01  phone call needs en
09:00:02  call wants a callback
09:00:03  call customer left                    # the line goes dead: that was agreed
          now call callback
          now nothing due

== A customer who left and is to be called back is not given up
09:00:01  phone call needs en
09:00:02  call customer left                    -> call customer left until 09:00:12
09:00:03  call wants a callback
          now nothing due
          now call callback

== Who sent an email is not on the line and cannot run out of patience
09:00:05  email c1 needs en
09:00:10  c1 customer left                      -> c1 customer left
          now nothing due
          now c1 waiting
