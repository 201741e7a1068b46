# Quality control
qc-title = Quality control
qc-waiting =
    { $n ->
        [one] 1 rejected control holds its batch
       *[other] { $n } rejected controls hold their batches
    }
qc-material = Control
qc-materials = Controls and their last results
qc-empty = No control material is set up. The quality manager adds them in the set-up.
qc-rules = Rules
qc-outcome = Outcome
qc-target = Target ± s
qc-last = Last result
qc-unresolved = { $n } to resolve
qc-material-head = { $code } · { $analyte }
qc-period = Period
qc-results = All results
qc-results-empty = No control was measured in this period.
qc-resolution = Resolution
qc-result = Control result
qc-z = Deviation in s
qc-held = { $n } analyses of the same batch
outcome-accepted = in control
outcome-warning = warning
outcome-rejected = rejected
rule-1-2s = One result beyond ±2s: a warning, nothing is rejected.
rule-1-3s = One result beyond ±3s: rejected; mostly random error.
rule-2-2s = Two in a row beyond 2s on one side: rejected; systematic error.
rule-R-4s = In one batch, one beyond +2s and one beyond −2s: rejected; random error.
rule-4-1s = Four in a row beyond 1s on one side: rejected; systematic error.
rule-10-x = Ten in a row on one side of the mean: rejected; a shift.
chart-mean = mean { $value }
chart-line = { $z }s { $value }
chart-title = Control chart { $code } { $analyte }
chart-description = { $n } results over time, as multiples of s from the mean.
chart-months =
    { $n ->
        [one] 1 month
       *[other] { $n } months
    }
control-type = Type a control result
control-type-hint = As in the raw record; judged like one from the instrument.
control-type-do = Keep it
control-kept = The control result is kept.
control-resolve = Resolve
control-reason = Cause and measures
control-reason-hint = The cause, what was done, and why the batch's results stand or are measured again.
control-resolve-meaning = By signing I state that the cause was found and dealt with; the batch may go on.
control-resolve-do = Sign and free the batch
control-resolved = Resolved; the batch is free.
control-waits = Waits for a reviewer or the quality manager.
batches-title = Batches
batches-empty = No batch yet. One opens by itself when an analysis is ordered or a control is measured.
batch-open = open
batch-closed = closed
batch-samples = Samples
batch-analyses = Analyses
batch-controls = Controls
batch-hold = Review
batch-opened-at = Opened
batch-closed-at = Closed
batch-together = Measured together
batch-empty = No sample and no control in this batch yet.
batch-what = Sample or control
batch-said = Verdict
batch-waits = waits
batch-stopped = { $n ->
    [one] A rejected control waits: { $n } analysis of this batch cannot be reviewed or approved.
   *[other] A rejected control waits: { $n } analyses of this batch cannot be reviewed or approved.
}
batch-close = Close the batch
batch-close-hint = What is measured after closing goes to a new batch; an analysis still waiting to be measured goes with its measurement.
batch-close-do = Close this batch
batch-said-closed = The batch is closed.
batch-closed-already = This batch is closed already.
batch-close-held = A rejected control of this batch waits. Resolve it with a reason first.
hold-held = held
hold-released = may be signed
hold-unchecked = no control yet

# Sequence tables
sequence-title = Sequence table
sequence-head = Sequence table of { $batch }
sequence-what = The order of injection of what waits in this batch, for the data system to import. Blind codes stand as sample name and sample ID, so that results find their analyses by themselves.
sequence-choices = Choices
sequence-system-hint = As the instrument's set-up says; what is chosen here is remembered in this browser when you download.
sequence-no-system = Choose a data system.
sequence-method = Method
sequence-method-hint = The method's file name in the data system, such as OP.gcm; empty: fill it in there.
sequence-volume = Injection volume (µL)
sequence-volume-hint = Empty: as the method says.
sequence-first = First vial
sequence-first-hint = The others follow; a control is injected from the same vial each time.
sequence-levels = Calibration levels
sequence-levels-hint = 0: the method is calibrated already.
sequence-every = Control after every so many samples
sequence-every-hint = 0: at the beginning and the end only.
sequence-times = Injections of each sample
sequence-blank = Begin with a blank
sequence-preview = Show the order
sequence-order = Order of injection
sequence-download = Download the table (CSV)
sequence-no-samples = Nothing waits to be measured in this batch.
sequence-back = Back to the batch
sequence-too-long = A sequence has at most 400 injections. Inject fewer times, or in several batches.
sequence-no-controls = The method has no control material in use: there is no control in the sequence.
sequence-count = { $injections } injections, { $samples } samples.
sequence-number = No.
sequence-vial = Vial
sequence-name = Sample name = sample ID
sequence-role = Type
sequence-level = Level
sequence-file = Data file
sequence-unwritable = “{ $found }” cannot be written into a table for this data system. Write it differently.
sequence-not-ready = The table cannot be downloaded yet: choose a data system and put right what is marked.
injected-blank = Blank
injected-calibrator = Standard
injected-control = Control
injected-sample = Sample
