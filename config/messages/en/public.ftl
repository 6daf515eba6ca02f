# The public pages. The English text is the one the others follow.

lang-name = English
lang-dir = ltr
skip-to-content = Skip to the content
nav-label = Main
nav-forms = Send a request
nav-chat = Chat
language-picker = Language
emergency-label = Emergency?
emergency-call = If someone is in danger or a crime is happening now, call
footer-call = You can also call us:
footer-relay = TTY and relay users: dial 7‑1‑1.
footer-public-record = What you send us is kept as a public record. Please leave out card numbers and other private data we do not ask for.
footer-staff = Sign in for staff

# Times and dates. `time-style` is 12 or 24.
time-style = 12
date = { $month }/{ $day }/{ $year }
day-and-time = { $day } at { $time }
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
hours-always = 24 hours a day, every day
hours-every-day = every day { $times }
hours-day = { $day } { $times }
hours-days = { $first }–{ $last } { $times }
hours-all-day = all day
hours-times = { $one } and { $other }
hours-list = { $one }, { $other }

# The start page.
home-title = How can we help?
home-lead = Report a problem, ask for a service, or ask a question. A person answers, in your language.
home-form-title = Send a request
home-form-text = Takes about three minutes. Photos are welcome. You do not need an account or a name.
home-chat-title = Chat with us
home-chat-text = Write back and forth with a representative.
home-call-title = Call us
home-call-text = Interpreters are free.
home-topics = What is it about?
home-languages = We speak your language
home-return = Already sent a request?
home-return-text = Open the link you were given: it shows how your request stands, and you can write to us there.
closed-until = We are closed now. We open again: { $when }.
closed-now = We are closed now.
closed-send = You can send a request at any time. It keeps its place in line.

# The list of services.
forms-title = What is your request about?
forms-lead = Choose the closest match. Not sure? Choose “Something else”: we will sort it out.
forms-topics = Topics
forms-back = All topics
topic-streets = Streets and sidewalks
topic-parking = Cars and parking
topic-water = Water, sewer and spills
topic-trees = Trees and parks
topic-clean = Trash and graffiti
topic-homes = Home, neighbors and animals
topic-camps = Camps, shelter and people living outside
topic-safety = Safety, but not an emergency
topic-city = City hall, permits and rights
topic-other = Anything else

# The form.
form-urgent = This can be dangerous. If anyone could be hurt, call { $emergency } first. If it cannot wait, also call us: { $phone }.
form-required = required
form-optional = optional
form-text-label = What is happening, or what do you need?
form-text-hint = Write in any language. The more exact, the faster we can help.
form-photos-label = Photos or a PDF
form-photos-hint = Up to { $count } files of { $size } MB: JPEG, PNG, WebP, HEIC or PDF. We remove where and with what a photo was taken.
form-photos-kept = Already attached
form-photos-again = Please add your photos again.
form-language-label = Answer me in
form-you = How can we reach you?
form-you-hint = You may leave all of this empty. Either way you get a private link to follow your request.
form-name-label = Your name
form-email-label = Email
form-phone-label = Phone
form-phone-hint = With the extension, if there is one.
form-choose = Choose one
form-honeypot = Leave this field empty
form-send = Send request

# What is wrong with a form.
errors-title = Please check these fields
error-prefix = Error:
error-required = Please fill this in.
error-too-long = Please use at most { $max } characters.
error-email = This does not look like an email address. Example: name@example.com
error-phone = This does not look like a phone number. Example: 503-555-0100
error-choice = Please choose one of the answers.
error-file-type = This file cannot be used. Please send JPEG, PNG, WebP, HEIC or PDF.
error-file-size = A file can have at most { $max } MB.
error-file-count = Please send at most { $max } files.
error-sent-before = You have sent this form before, with other words. To send it as a new request, press the button again.
busy-title = Please wait a moment
busy-text = Many requests came from your connection. Nothing is lost: your words are still below. Press the button again in about { $minutes } min, or call us: { $phone }.
unavailable-title = Your request is not with us yet
unavailable-text = We could not keep it just now. Nothing is lost: your words are still below. Please press the button again, or call us: { $phone }.

# The page of one request.
status-title = Your request
status-received = We have your request
status-received-text = Thank you. A representative will read it. You can see here how it stands, and write to us.
status-reference = Request number
status-about = About
status-sent = Sent
status-save = Keep this page
status-save-text = Save this page’s address: it is the way back to your request. Anyone who has the address can read this page.
status-waiting = Waiting for a representative
status-place = Your place in line: { $place }
status-place-far = Your place in line: more than { $place }
status-next = You are next in line.
status-wait = Usual wait: { $wait }
status-wait-unknown = We cannot say yet how long it will take.
wait-under-minute = less than a minute
wait-minutes = { $from } to { $to } minutes
wait-minutes-about = about { $to } minutes
wait-hours = { $from } to { $to } hours
wait-hours-about = about { $to } hours
wait-days = { $from } to { $to } days
wait-days-about = about { $to } days
status-active = { $name } has your request
status-active-unnamed = A representative has your request
status-active-text = You can write to each other below.
status-yours = We need an answer from you
status-yours-text = Please read our last message and answer below.
status-closed = This request is closed
status-closed-text = Is something still open? Write to us below.
status-too-late = This request was closed a while ago. Please send a new one.
ended-informed = We answered your question.
ended-requested = We asked for the service you need.
ended-reported = Your report went to the people who do the work.
ended-referred = We told you who can help.
ended-transferred = We handed your request to the office that can help.
ended-deflected = We told you which emergency line can help.
ended-no-contact = We could not reach you.
ended-abandoned = The conversation ended before we could help.
ended-other = It was closed without an answer.
status-as-of = As of { $time }
status-refresh = Check again
status-by-itself = This page updates by itself.
conversation-title = Messages
conversation-you = You
conversation-rep = Representative
conversation-automatic = Automatic message
conversation-read = Read
reply-label = Write a message
reply-send = Send message
photo-alt = Attached photo: { $name }

# When something is wrong.
missing-title = We cannot find this page
missing-text = The address may be mistyped, or what it showed is no longer kept.
wrong-title = We could not read what was sent
wrong-text = Please go back and try again, or call us: { $phone }.
too-large-title = What you sent is too large
too-large-text = Please go back and send fewer or smaller files.
home-back = Go to the start page
later-title = This page is not available right now
later-text = Please try again in a moment, or call us: { $phone }.
