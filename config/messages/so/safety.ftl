# What a person who writes of danger is told at once. It must never promise that help is on its way.
danger-call = Kani maaha khadka gurmadka degdegga ah. Haddii qof dhaawac gaari karo, hadda wac { $numbers }.
danger-advice-gas = Haddii aad urinayso gaas: ka bax dhismaha, ha taaban wax daare ah, oo dibadda ka soo wac.
danger-advice-downed-wire = Ka fogow siligga iyo wax kasta oo uu taabanayo.
danger-advice-suicide = Kaligaa uma baahnid inaad tan wajahdo: lambarkan habeen iyo maalinba waa laga jawaabaa.
danger-kept = Fariintaada waa la keydiyey waxaana shaqaalahayaga loogu calaamadeeyey degdeg.
