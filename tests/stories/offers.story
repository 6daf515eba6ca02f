# An offer: made, answered, given back, left lying.

== An unanswered offer sends the rep away
rep ana  speaks es  writes es  skills water 3  capacity 100
09:00:00  ana available
09:00:05  email c1 needs write es, water        -> c1 offered to ana until 09:03:05
09:03:05                                        -> offer to ana expired, ana away(missed), c1 waiting
