# Danger to life: everyone hears it, the first to accept has it, and it climbs until a person has seen it.

== An emergency goes to every signed-in rep, whatever their skill, load or language
rep ana speaks es writes es
rep bo  speaks en writes en  capacity 20
rep cy  speaks en writes en
rep di  speaks en writes en
09:00:00  ana available
09:00:00  bo available
09:00:00  cy away(lunch)
09:00:01  email c0 needs en                     -> c0 offered to bo
09:00:02  bo accepts c0
09:00:05  chat gas emergency needs en           -> gas offered to ana (emergency of 3), gas offered to bo (emergency of 3), gas offered to cy (emergency of 3)
          now gas offered to ana and bo and cy
          now due at 09:00:35
09:00:08  cy accepts gas                        -> gas withdrawn from ana (taken), gas withdrawn from bo (taken)
          now gas with cy
          now cy away(lunch)
          now nothing due

== The second to accept an emergency is told it is gone
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:00  bo available
09:00:05  chat gas emergency needs en           -> gas offered to ana, gas offered to bo
09:00:06  bo accepts gas                        -> gas withdrawn from ana (taken)
09:00:06  ana accepts gas                       -> refused: offer gone

== An emergency climbs the ladder
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email gas emergency needs en          -> gas offered to ana
09:00:35                                        -> gas escalated to supervisors
09:01:05                                        -> gas escalated to on call
          now nothing due
          now gas offered to ana
09:05:00  ana accepts gas

== Acknowledged, it climbs no further, and stays open to all
rep ana speaks en writes en
rep sue speaks en writes en
09:00:00  ana available
09:00:00  sue available
09:00:05  email gas emergency needs en          -> gas offered to ana, gas offered to sue
09:00:35                                        -> gas escalated to supervisors
09:00:40  sue acknowledges gas
09:00:50  sue acknowledges gas                  # once is enough
          now nothing due
          now gas offered to ana and sue

== Nobody is there: the ladder climbs all the same
09:00:00  email gas emergency needs en
09:00:30                                        -> gas escalated to supervisors
09:01:00                                        -> gas escalated to on call

== Who signs in hears an emergency that is still open
rep ana speaks en writes en
09:00:00  email gas emergency needs en
09:00:10  ana away(training)                    -> ana away(training), gas offered to ana (emergency of 1)
09:00:12  ana accepts gas

== An emergency stands before everything else on the board
rep ana speaks en writes en  capacity 20
09:00:00  email c0 needs en
09:00:00  ana available                         -> c0 offered to ana
09:00:01  ana accepts c0
09:00:02  email c1 urgent needs en
09:00:03  email gas emergency needs en          -> gas offered to ana
          now gas place 1
09:00:04  ana accepts gas
          now ana load 40
09:10:00  ana closes gas                        -> gas closed
09:10:01  ana closes c0                         -> c0 closed, c1 offered to ana

== A false alarm takes its ordinary place
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:01  bo available
09:00:05  email c1 emergency needs en           -> c1 offered to ana, c1 offered to bo
09:00:15  bo reclassifies c1 normal needs en    -> c1 withdrawn from ana (reclassified), c1 withdrawn from bo (reclassified)
                                                -> c1 reclassified by bo to normal, c1 offered to ana (longest idle of 2)
          now c1 since 09:00:05
          now c1 urgency normal
          now due at 09:03:15

== What turns out to be an emergency goes to everyone
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:00  bo away(break)
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:15  ana reclassifies c1 emergency needs en
                                                -> c1 withdrawn from ana (reclassified), c1 reclassified by ana to emergency
                                                -> c1 offered to ana, c1 offered to bo
          now due at 09:00:45

== What becomes an emergency after hours in line climbs from then on, rung by rung
rep ana speaks en writes en
07:00:00  email c1 needs vi
09:00:00  ana away(lunch)
09:00:10  ana reclassifies c1 emergency needs vi    -> c1 reclassified by ana to emergency, c1 offered to ana
09:00:40                                        -> c1 escalated to supervisors
09:01:10                                        -> c1 escalated to on call

== A rep may give an emergency back; the others still hear it
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:00  bo available
09:00:05  chat gas emergency needs en           -> gas offered to ana, gas offered to bo
09:00:10  ana declines gas (busy)               -> gas declined by ana until 09:01:10
          now gas offered to bo
09:00:35                                        -> gas escalated to supervisors
09:01:05                                        -> gas escalated to on call
09:01:10                                        -> ana may have gas again, gas offered to ana

== Signing out takes the alarm off the screen, the others keep it
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:00  bo available
09:00:05  chat gas emergency needs en           -> gas offered to ana, gas offered to bo
09:00:10  ana offline                           -> ana offline, gas withdrawn from ana (rep away)
          now gas offered to bo

== Going to lunch does not silence an emergency
rep ana speaks en writes en
09:00:00  ana available
09:00:05  chat gas emergency needs en           -> gas offered to ana
09:00:10  ana away(lunch)
          now gas offered to ana

== Two emergencies at once: each rep hears both, the older first
rep ana speaks en writes en
09:00:05  chat gas emergency needs en
09:00:06  chat fire emergency needs en
09:00:07  ana away(break)                       -> ana away(break), gas offered to ana, fire offered to ana
          now ana has gas offered, fire offered

== An emergency whose rep signs out is an emergency again
rep ana speaks en writes en
rep bo  speaks en writes en
09:00:00  ana available
09:00:05  chat gas emergency needs en           -> gas offered to ana
09:00:06  ana accepts gas
09:00:10  bo away(lunch)
09:00:20  ana offline                           -> ana offline, gas returned by ana (signed out), gas offered to bo
          now due at 09:00:50

== Danger that comes up while a person waits calls everyone, and keeps the wait it had
rep ana speaks es writes es
rep bo  speaks en writes en
09:00:00  ana available
09:00:00  bo available
09:00:05  email c1 needs vi                     # nobody writes Vietnamese
09:00:40  c1 customer wrote of danger           -> c1 raised to emergency, c1 offered to ana (emergency of 2), c1 offered to bo (emergency of 2)
          now c1 urgency emergency
          now c1 since 09:00:05
          now due at 09:01:10
09:00:50  c1 customer wrote of danger           # it is one already
09:01:00  bo accepts c1                         -> c1 withdrawn from ana (taken)
          now nothing due

== Danger that comes up while one rep is asked is put before everyone
rep ana speaks en writes en
rep bo  speaks en writes en capacity 10
09:00:00  ana available
09:00:00  bo available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:10  c1 customer wrote of danger           -> c1 withdrawn from ana (emergency), c1 raised to emergency, c1 offered to ana (emergency of 2), c1 offered to bo (emergency of 2)

== Danger in a conversation stays with the rep who has it, and climbs until they say that they have seen it
rep ana speaks en writes en
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:02:00  c1 customer wrote of danger           -> c1 raised to emergency
          now c1 with ana
          now due at 09:02:30
09:02:30                                        -> c1 escalated to supervisors
09:02:40  ana acknowledges c1
          now nothing due
          now c1 with ana

== Who answers danger has seen it
rep ana speaks en writes en
rep bo  speaks en writes en capacity 10
09:00:00  ana available
09:00:00  bo offline
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:00:07  ana writes on c1
09:02:00  c1 customer wrote of danger           -> c1 raised to emergency
09:02:05  bo writes on c1                       -> refused: not yours
          now due at 09:02:30
09:02:10  ana writes on c1                      -> c1 acknowledged by ana
          now nothing due
09:02:11  ana writes on c1

== Whoever parks a contact may still write on it; whoever hands it over may not
rep ana speaks en writes en
09:00:00  ana available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:10  ana parks c1
09:00:11  ana writes on c1
09:00:12  ana transfers c1 to queue permits     -> c1 transferred by ana to permits
09:00:13  ana writes on c1                      -> refused: not yours

== A rep who loses the connection in a dangerous conversation leaves it to everyone
rep ana speaks en writes en
rep bo  speaks es writes es
09:00:00  ana connects
09:00:00  ana available
09:00:00  bo available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:01:00  c1 customer wrote of danger           -> c1 raised to emergency
09:01:01  ana acknowledges c1
09:01:05  ana disconnects                       -> ana disconnected until 09:01:35
09:01:35                                        -> grace of ana over, c1 returned by ana (grace over), c1 offered to ana (emergency of 2), c1 offered to bo (emergency of 2)

== Danger on a parked contact brings it back to everyone
rep ana speaks en writes en
rep bo  speaks es writes es
09:00:00  ana available
09:00:00  bo available
09:00:05  email c1 needs en                     -> c1 offered to ana
09:00:06  ana accepts c1
09:00:30  ana parks c1
09:10:00  c1 customer wrote of danger           -> c1 unparked for ana until 09:20:00, c1 raised to emergency, c1 offered to ana (emergency of 2), c1 offered to bo (emergency of 2)

== Not an emergency after all: it stays with the rep and climbs no further
rep ana speaks en writes en
09:00:00  ana available
09:00:05  chat c1 needs en                      -> c1 offered to ana
09:00:06  ana accepts c1
09:02:00  c1 customer wrote of danger           -> c1 raised to emergency
09:02:10  ana reclassifies c1 urgent needs en           -> c1 reclassified by ana to urgent
          now c1 urgency urgent
          now nothing due
