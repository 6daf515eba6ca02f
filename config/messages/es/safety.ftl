# What a person who writes of danger is told at once. It must never promise that help is on its way.
danger-call = Esta no es una línea de emergencias. Si alguien puede resultar herido, llame ahora al { $numbers }.
danger-advice-gas = Si huele a gas: salga del edificio, no toque ningún interruptor y llame desde fuera.
danger-advice-downed-wire = Aléjese bien del cable y de todo lo que toque.
danger-advice-suicide = No tiene que pasar por esto a solas: en este número le atienden de día y de noche.
danger-kept = Su mensaje quedó guardado y marcado como urgente para nuestro personal.
