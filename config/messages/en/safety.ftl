# What a person who writes of danger is told at once. It must never promise that help is on its way.
danger-call = This is not an emergency line. If anyone could be hurt, call { $numbers } now.
danger-advice-gas = If you smell gas: leave the building, do not touch any switch, and call from outside.
danger-advice-downed-wire = Stay well away from the wire and from everything it touches.
danger-advice-suicide = You do not have to go through this alone: people answer on this number day and night.
danger-kept = Your message has been kept and marked as urgent for our staff.
