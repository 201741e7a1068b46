# Publication: the staff's pages, the public portal, open data
publications-title = Publications
publications-ready = May be published
publications-ready-empty = Nothing may be published now. Supervision and monitoring samples appear here once all their results are approved.
publications-blocked = Completed, not to be published now
publications-why = May it be published?
publications-free = yes
publications-sampled-on = Sampled on
publications-out = Published
publications-out-empty = Nothing has been published yet.
publications-id = Publication
publications-kind = Kind
publications-notice = Notice
publications-at = Published at
publications-by = Published by
publication-kind-original = original
publication-kind-correction = correction
publication-kind-withdrawal = withdrawal

blocked-not-completed = Testing is not finished
blocked-class-not-public = Commissioned, case and emergency tests are not published
blocked-nothing-approved = There is no approved result
blocked-not-approved = Some results are not approved
blocked-held = A failed control of the batch is not resolved
blocked-not-decided = There is no final conclusion
blocked-screening-of-named = Only rapid tests, and of a named producer
blocked-positive-unconfirmed = A positive rapid test must be confirmed by the laboratory first
blocked-no-notice = Enter the number of the notice.
blocked-authority-missing = Results of veterinary drugs need the document of the authority that has them published; enter its number.
blocked-objection-open = A failure is published after the time for objections or a finished re-test; please confirm.
blocked-personal-number = The text for the public holds a telephone or identity number; remove it.

publish-title = Publish
publish-preview = What the public will see
publish-shown = What the public sees now
publish-left-out = { $n ->
    [one] One rapid test result is left out because the producer is named.
   *[other] { $n } rapid test results are left out because the producer is named.
}
publish-nothing-told = There is no result to be told; the public sees nothing.
publish-blocked = This sample cannot be published now:
publish-notice = Number of the notice
publish-notice-hint = for example 2026 No. 47
publish-authority = Document of the authority
publish-authority-hint = Needed for results of veterinary drugs.
publish-remark = What was done about it
publish-remark-hint = The public reads it, for example: the lot was taken off sale and destroyed. No names or telephone numbers of people.
publish-objection = Objections and re-test
publish-objection-over = The time for objections is over, or the re-test is finished
publish-meaning = Signing means: I have checked what is shown and agree to publish it. It cannot be changed afterwards, only corrected or withdrawn.
publish-do = Sign and publish
publish-change = Correct or withdraw
publish-reason = Reason
publish-reason-hint = The public reads it, and it goes into the record.
publish-change-meaning = Signing means: a correction is published beside the earlier version, which stays visible; after a withdrawal the public sees only the notice of it.
publish-correct-do = Publish the correction
publish-withdraw-do = Withdraw
publish-already = This sample is published already. Correct or withdraw it if something is wrong.
publish-not-yet = It is not published yet, so there is nothing to correct or withdraw.
publish-withdrawn = It is withdrawn; nothing follows a withdrawal.
publish-no-reason = Say why.
said-published = Published as { $id }.
said-corrected = The correction is published as version { $version }.
said-withdrawn = Withdrawn; the public now sees the notice of it.

place-type-production-base = production base
place-type-wholesale-market = wholesale market
place-type-retail-market = retail market
place-type-slaughterhouse = slaughterhouse
place-type-collection-point = collection point, dairy station
place-type-canteen = canteen
place-type-storage = sample store
place-type-bench = bench

public-separator = { " · " }
public-comma = { ", " }
public-day = { $year }-{ $month }-{ $day }
public-month-1 = Jan
public-month-2 = Feb
public-month-3 = Mar
public-month-4 = Apr
public-month-5 = May
public-month-6 = Jun
public-month-7 = Jul
public-month-8 = Aug
public-month-9 = Sep
public-month-10 = Oct
public-month-11 = Nov
public-month-12 = Dec
public-verdict-compliant = Passed
public-verdict-non-compliant = Failed
public-verdict-undecided = Not decided
public-verdict-cannot-decide = Cannot be decided
public-verdict-not-judged = Not judged
public-verdict-reference-compliant = Passed (for reference)
public-verdict-reference-non-compliant = Failed (for reference)
public-verdict-screening-negative = Rapid test negative
public-verdict-screening-positive = Rapid test positive
public-withdrawn = Withdrawn
public-withdrawn-why = The laboratory has withdrawn this result; it is no longer valid. Reason: { $reason }
public-corrected = corrected
public-failed = Failed: { $what }
public-plain-compliant = { $n ->
    [one] One item was tested; it meets the national standard.
   *[other] { $n } items were tested; all meet the national standard.
}
public-plain-non-compliant = This sample does not meet the national standard; the numbers are below.
public-plain-undecided = There is no final conclusion yet.
public-plain-cannot-decide = There is no final conclusion yet.
public-plain-not-judged = The national standard sets no limit for these items; the result is only reported.
public-plain-reference-compliant = The result is for reference only.
public-plain-reference-non-compliant = The result is for reference only.
public-plain-screening-negative = A rapid test found nothing. This is not a formal pass.
public-plain-screening-positive = A rapid test reacted; the laboratory has to test further.
public-found = Found: { $result } { $unit }
public-limit = Allowed by the national standard: at most { $limit } { $unit }
public-limit-banned = Banned: it should not be found at all
public-limit-not-detectable = The national standard allows none to be found
public-picture = { $analyte }: found { $result } { $unit }; { $limit }
public-picture-limit = limit { $limit }
public-items = { $n ->
    [one] The item tested
   *[other] The { $n } items tested
}
public-meaning = What does this mean?
public-who = Who tested it, and how?
public-others = { $n ->
    [one] One other item
   *[other] { $n } other items
}
public-laboratory = Laboratory
public-methods = Methods
public-signed = Signed
public-signed-three = prepared, reviewed and approved by three people
public-scheme = Kind of test
public-producer = Producer
public-place-type = Kind of place
public-authority = Published by order of
public-notice = Notice and date
public-bad-long = What you search for is too long; use at most { $most } characters.
public-bad-place-type = ‘{ $found }’ is not a kind of place; choose one from the list.
public-bad-verdict = ‘{ $found }’ is not a conclusion; choose one from the list.
public-bad-days = The first day, { $from }, is after the last, { $to }; exchange them.
public-bad-page = There is no page ‘{ $found }’; pages count from 1.
public-bad-version = ‘{ $found }’ is not the number of a version.

explain-compliant = “Passed” means that everything tested this time is within the national standard. What was not tested is not in the conclusion.
explain-banned = This pesticide or drug is banned by the state: however little was found, it should not be in food.
explain-must-not-be-detected = The national standard allows none of this substance to be found, so finding it is a failure.
explain-pesticide-above = More pesticide was left than the national standard allows. That does not mean that whoever ate it falls ill, but such food should not be sold. If you bought some of the same lot, do not eat it; you can tell the market or the authority.
explain-veterinary-above = More of a veterinary drug was left than the national standard allows, usually because too much was given or the waiting time was not kept. Such food should not be sold.
explain-contaminant-above = More of a harmful substance was found than the national standard allows. It may come from soil, water or poor storage, and may harm health when eaten for long. Such food should not be sold.
explain-screening = A rapid test is for finding suspicious samples soon; it does not replace the laboratory's formal test.

front-title = Test results of the vegetables, meat and milk you buy
front-search = Product, market or town
front-search-do = Search
front-latest = Latest results
front-empty = Nothing has been published yet; please come back in a few days.
front-all = { $n ->
    [one] See the one result
   *[other] See all { $n } results
}
rates-title = Pass rate by month
rates-description = Supervision samples by the month of sampling; n is the number of samples with a final conclusion. With few samples a rate swings widely.
rates-table = See the numbers
rates-month = Month
rates-total = Samples
rates-compliant = Passed
rates-rate = Rate
rates-beside = Beside them { $monitored } monitoring samples and { $screened } rapid tests, which count in no rate.
words-title = What do these words mean?
words-compliant = Everything tested meets the national standard.
words-non-compliant = At least one item does not meet the national standard. Open the result to see the number and the standard.
words-limit = Limit
words-limit-is = The most that the national standard allows; more than that is a failure.
words-screening = A rapid method found nothing; it is not a formal pass.
words-sample = Sample
words-sample-is = A result speaks of the one sample taken, not of everything from the same market or producer.

results-title = Results
results-narrow = More conditions
results-verdict = Conclusion
results-commodity = Product
results-area = Town or market
results-from = Sampled from
results-to = to
results-clear = Clear conditions
results-empty = Nothing was found. Try another word or fewer conditions.
results-count = { $n ->
    [one] One result
   *[other] { $n } results
}
results-data = This page as data:
result-title = test result
result-sampled = sampled { $day }
result-old = You are looking at an old version; it was corrected.
result-newest = See the current version
result-trail = What was published
result-version = version { $version }
result-withdrawn-old = What stood here before the withdrawal is no longer public.
result-verify = Verify this result

verify-title = Verify
verify-valid = Valid: not corrected since it was published
verify-corrected = Valid: corrected, now version { $version }
verify-withdrawn = Withdrawn: no longer valid
verify-versions = { $n ->
    [one] One version was published.
   *[other] { $n } versions were published.
}
verify-sha256 = Fingerprint (SHA-256)
verify-leaf = Place in the laboratory's record
verify-leaf-is = entry { $leaf } of the record
verify-how = How to check it yourself
verify-how-is = Download the published text and compute its SHA-256: it must equal the fingerprint above, letter for letter. One changed character gives another fingerprint.
verify-document = The published text (JSON)
verify-later = For now this page can only tell the fingerprint and the place. To prove that the record itself was not changed, its log must be public; the proofs will be here once it is.

code-title = There is no published result for this code
code-what = The code you scanned or typed has no published result. Perhaps:
code-waiting = the sample is still being tested, or its result is not published yet;
code-private = it was tested for a client, who alone gets the result;
code-mistyped = the code was misread: please scan it again.
code-do = Look for other results

data-title = Open data
data-what = The current version of everything published, for anyone to download, check and use. Of what was withdrawn only the name and the reason remain.
data-csv = Download CSV
data-lines = Download JSON Lines
data-dictionary = Data dictionary
data-dictionary-is = A line of the CSV is one tested item; items that passed are published without numbers.
data-terms = Use
data-terms-are = Free to use; please name the source and the day of download. A result speaks only of the sample tested; give the number of samples with every rate.
column-id = Name of the publication
column-version = Version, from 1
column-kind = original, correction or withdrawal
column-notice = Number of the notice
column-published-at = When it was published (UTC)
column-sampled-on = Day of sampling
column-commodity = Product as written on the sampling form
column-commodity-en = English name of the kind of product
column-place = Where it was sampled
column-place-type = Kind of place
column-town = Town
column-producer = Producer; of a person only the first character
column-scheme = supervision or routine (monitoring)
column-overall = Conclusion on the sample; empty when withdrawn
column-item = Tested item
column-item-en = English name of the item
column-item-verdict = Conclusion on the item
column-result = What was found, published only with a failure
column-unit = Unit of the result
column-limit = Limit; “not detected”: none may be found
column-limit-unit = Unit of the limit
column-standard = Standard or announcement it was judged by
column-method = Method
column-laboratory = Laboratory
column-reason = Reason of a correction or withdrawal
foot-label = More
