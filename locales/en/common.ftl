# Common: frame, navigation, forms, times, lists
product = Qingke Lab
portal-name = Food test results
portal-foot = Results hold for the samples tested only.
language-name = English
language-label = Language
skip-to-content = Skip to content
close = Close
undo = Undo
cancel = Cancel
back = Back
save = Save
sign-out = Sign out

nav-label = Main navigation
nav-today = Today
nav-samples = Samples
nav-bench = Bench
nav-instruments = Instruments
nav-review = Review
nav-qc = QC
nav-publications = Publications
nav-admin = Set-up

search-placeholder = Scan or search  /
search-label = Scan or search a sample, container or instrument

role-sampler = Sampler
role-sample-keeper = Sample keeper
role-technician = Technician
role-reviewer = Reviewer
role-approver = Authorised signatory
role-quality-manager = Quality manager
role-administrator = Administrator

keys-title = Keyboard
keys-search = search
keys-move = next row, previous row
keys-open = open the marked row
keys-approve = approve
keys-reject = reject
keys-list = show this list
keys-scan = Scan a bar code or QR code on any page to open its sample, container or instrument.

live-lost = Live updates stopped; reconnecting.

form-optional = optional
form-choose = Choose
form-errors =
    { $n ->
        [one] One thing needs to be corrected:
       *[other] { $n } things need to be corrected:
    }
error-field-required = This must be filled in.
error-field-number = “{ $found }” is not a number; write one like 12.5.
error-field-whole = “{ $found }” is not a whole number.
error-field-date = “{ $found }” is not a date; write it like 2026-11-24.
error-field-time = “{ $found }” is not a time; write it like 2026-11-24 14:05.
error-field-choice = “{ $found }” is not one of the choices; choose again.
signature-password = Your password, to sign
error-signature = Wrong password; nothing was signed. Type your own password again.

time-just-now = just now
time-seconds-ago =
    { $n ->
        [one] 1 second ago
       *[other] { $n } seconds ago
    }
time-minutes-ago =
    { $n ->
        [one] 1 minute ago
       *[other] { $n } minutes ago
    }
time-hours-ago =
    { $n ->
        [one] 1 hour ago
       *[other] { $n } hours ago
    }
time-days-ago =
    { $n ->
        [one] 1 day ago
       *[other] { $n } days ago
    }

crumb-label = You are here
pages-label = Pages
pages-previous = Previous
pages-next = Next
pages-here = Page { $page } of { $last }

today-greeting = Hello, { $name }
