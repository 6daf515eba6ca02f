# Who is served first: urgency counts as minutes already waited, then it is first come, first served.

== First come, first served
rep ana speaks en writes en  capacity 20
09:00:00  email c1 needs en
09:00:01  email c2 needs en
09:00:02  email c3 needs en
          now c3 place 3
09:05:00  ana available                         -> c1 offered to ana (only)
09:05:01  ana accepts c1
09:05:02  ana closes c1                         -> c1 closed, c2 offered to ana
09:05:03  ana accepts c2
09:05:04  ana closes c2                         -> c2 closed, c3 offered to ana

== An urgent contact goes before those who came up to two hours earlier
rep ana speaks en writes en  capacity 20
07:00:01  email old needs en
08:00:00  email young needs en
09:00:00  email sewage urgent needs en
          now sewage place 1
          now old place 2
          now young place 3
09:05:00  ana available                         -> sewage offered to ana

== Nobody is overtaken by more than the head start
rep ana speaks en writes en  capacity 20
06:59:59  email patient needs en
09:00:00  email sewage urgent needs en
          now patient place 1
          now sewage place 2
09:05:00  ana available                         -> patient offered to ana

== Soon is worth half an hour and low costs half an hour
rep ana speaks en writes en  capacity 20
08:20:00  email idle low needs en
08:45:00  email usual needs en
09:00:00  email hasty soon needs en
          now hasty place 1
          now usual place 2
          now idle place 3
09:20:00  email late needs en
          now idle place 3
          now late place 4

== The head starts are the plan's
head start urgent 10m
rep ana speaks en writes en  capacity 20
08:40:00  email c1 needs en
08:55:00  email c2 needs en
09:00:00  email c3 urgent needs en
          now c1 place 1
          now c3 place 2
          now c2 place 3

== One line for all channels
rep ana speaks en writes en  capacity 100
09:00:00  email c1 needs en
09:00:01  form  c2 needs en
09:00:02  chat  c3 needs en
09:00:03  sms   c4 needs en
09:01:00  ana available                         -> c1 offered to ana, c2 offered to ana, c3 offered to ana, c4 offered to ana
          now ana load 100

== At one moment the lower number goes first
rep ana speaks en writes en  capacity 20
09:00:00  email c1 needs en
09:00:00  form c2 needs en
09:01:00  ana available                         -> c1 offered to ana

== A contact that nobody can serve blocks nobody
rep ana speaks en writes en  capacity 20
09:00:00  email rare urgent needs vi, permits 5
09:00:01  email c2 needs en
09:01:00  ana available                         -> c2 offered to ana
          now rare place 1
          now ana cannot take rare: does not write vi, permits 0 instead of 5, 20 + 20 is more than 20

== The place in line counts those who wait for the same reps
rep ana speaks en writes en  skills water
rep bo  speaks es writes es
09:00:00  email c1 needs en, water
09:00:01  email c2 needs es
09:00:02  email c3 needs en
          now c2 place 1
          now c3 place 2

== A freed rep gets the first of all the lines they serve
rep ana speaks en, es writes en, es skills water, permits  capacity 20
09:00:00  email c0 needs en
09:00:00  ana available                         -> c0 offered to ana
09:00:01  ana accepts c0
09:00:02  email c1 needs es, permits
09:00:03  email c2 needs en, water
09:00:04  email c3 soon needs en
09:10:00  ana closes c0                         -> c0 closed, c3 offered to ana
09:10:01  ana accepts c3
09:10:02  ana closes c3                         -> c3 closed, c1 offered to ana
09:10:03  ana accepts c1
09:10:04  ana closes c1                         -> c1 closed, c2 offered to ana
