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
