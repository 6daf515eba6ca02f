# The letters we send. Needs review by native speakers.

mail-subject-received = [{ $reference }] Recibimos su mensaje
mail-received-open = Gracias por escribirnos. Recibimos su mensaje y un representante lo leerá.
mail-received-closed = Gracias por escribirnos. Recibimos su mensaje. Ahora estamos cerrados. Volvemos a abrir: { $opening }. Su mensaje conserva su lugar en la fila.
mail-received-closed-now = Gracias por escribirnos. Recibimos su mensaje. Ahora estamos cerrados. Su mensaje conserva su lugar en la fila.
mail-reference = Su número de solicitud es { $reference }. Para contarnos más, responda a este mensaje.
mail-hours = Nuestro horario: { $hours }
mail-emergency = Si alguien está en peligro o se está cometiendo un delito ahora, no espere nuestra respuesta: llame al { $emergency }.
mail-call = También puede llamarnos: { $phone }. Usuarios de TTY o retransmisión: marquen { $relay }.
mail-in-english = Lo mismo en inglés:
mail-subject-danger = [{ $reference }] Lea esto ahora: a quién llamar en caso de peligro
mail-subject-transcript = [{ $reference }] Su conversación con nosotros
mail-transcript-head = Aquí tiene su conversación con nosotros, para que la guarde.
mail-transcript-you = Usted, { $time }:
mail-transcript-rep = { $name }, { $time }:
mail-subject-closed = [{ $reference }] Su solicitud está cerrada
mail-closed = Cerramos su solicitud { $reference }.
mail-closed-again = ¿Queda algo pendiente? Responda a este mensaje.
mail-subject-undelivered = [{ $reference }] No pudimos entregar nuestra respuesta
mail-undelivered = Respondimos a su solicitud { $reference }, pero nuestra respuesta no se pudo entregar en el correo electrónico que nos dio. Llámenos o escríbanos desde otra dirección.
