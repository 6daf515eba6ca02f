# The letters we send. The English text is the one the others follow.
# Nothing in them is a customer's own words: what a stranger wrote is never sent on to an address a stranger named.

mail-subject-received = [{ $reference }] We have your message
mail-received-open = Thank you for writing to us. We have your message, and a representative will read it.
mail-received-closed = Thank you for writing to us. We have your message. We are closed now. We open again: { $opening }. Your message keeps its place in line.
mail-received-closed-now = Thank you for writing to us. We have your message. We are closed now. Your message keeps its place in line.
mail-reference = Your request number is { $reference }. To tell us more, answer this message.
mail-hours = Our hours: { $hours }
mail-emergency = If someone is in danger or a crime is happening now, do not wait for our answer: call { $emergency }.
mail-call = You can also call us: { $phone }. TTY and relay users: dial { $relay }.
mail-in-english = The same in English:
mail-subject-danger = [{ $reference }] Read now: whom to call in danger
mail-subject-transcript = [{ $reference }] Your conversation with us
mail-transcript-head = Here is your conversation with us, for you to keep.
mail-transcript-you = You, { $time }:
mail-transcript-rep = { $name }, { $time }:
mail-subject-closed = [{ $reference }] Your request is closed
mail-closed = We have closed your request { $reference }.
mail-closed-again = Is something still open? Answer this message.
mail-subject-undelivered = [{ $reference }] We could not deliver our answer
mail-undelivered = We have answered your request { $reference }, but our answer could not be delivered to the email address you gave us. Please call us, or write to us from another address.
