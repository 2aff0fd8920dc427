"""The kinds of files made here, by the names the queue knows, and what is said about them."""

PDF = "pdf"
CASEBOOK, BLANKS, LISTING, REPORT = "casebook", "blank_forms", "listing", "report"

PDF_NEEDS_PANGO = (
    "PDF cannot be made here, because the library Pango is missing on the machine that runs Trialsite."
    " Its administrator installs libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0 and starts Trialsite again."
    " Until then, open the page for printing and use your browser's own print."
)
