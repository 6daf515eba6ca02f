# The letters we send. Needs review by native speakers.

mail-subject-received = [{ $reference }] Fariintaadii waan helnay
mail-received-open = Waad ku mahadsan tahay inaad noo soo qortay. Fariintaadii waan helnay, wakiil ayaana akhrin doona.
mail-received-closed = Waad ku mahadsan tahay inaad noo soo qortay. Fariintaadii waan helnay. Hadda waan xiran nahay. Waxaan dib u furaynaa: { $opening }. Meesha fariintaadu safka kaga jirto way u kaydsan tahay.
mail-received-closed-now = Waad ku mahadsan tahay inaad noo soo qortay. Fariintaadii waan helnay. Hadda waan xiran nahay. Meesha fariintaadu safka kaga jirto way u kaydsan tahay.
mail-reference = Lambarka codsigaagu waa { $reference }. Haddii aad wax noogu darayso, fariintan ka jawaab.
mail-hours = Saacadaha shaqada: { $hours }
mail-emergency = Haddii qof khatar ku jiro ama dambi hadda dhacayo, ha sugin jawaabtayada: wac { $emergency }.
mail-call = Sidoo kale waad na soo wici kartaa: { $phone }. Isticmaalayaasha TTY iyo adeegga gudbinta: garaac { $relay }.
mail-in-english = Isla sidaas oo Ingiriisi ah:
mail-subject-danger = [{ $reference }] Hadda akhri: cidda la waco marka khatar jirto
mail-subject-transcript = [{ $reference }] Wada sheekaysigaagii aad nala yeelatay
mail-transcript-head = Kani waa wada sheekaysigaagii aad nala yeelatay, si aad u kaydsato.
mail-transcript-you = Adiga, { $time }:
mail-transcript-rep = { $name }, { $time }:
mail-subject-closed = [{ $reference }] Codsigaaga waa la xiray
mail-closed = Waan xirnay codsigaaga { $reference }.
mail-closed-again = Wax weli ma dhiman yihiin? Fariintan ka jawaab.
mail-subject-undelivered = [{ $reference }] Jawaabtayadii ma gaarsiin karin
mail-undelivered = Waan ka jawaabnay codsigaaga { $reference }, laakiin jawaabtayadu ma gaarin cinwaanka iimaylka aad na siisay. Fadlan na soo wac, ama cinwaan kale nooga soo qor.
