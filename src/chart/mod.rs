//! Pictures: data in, SVG text out, pure. Words come from the page; colours come from the style sheet.
//! Charts with axes are drawn by plotters on our own [`canvas`]; a single bar needs no axes.
//!
//! Every shape has a class and no style of its own, so that one style sheet serves light, dark and paper under a strict
//! content security policy. Without the style sheet all is drawn in `currentColor`. The classes:
//! `chart`, `axis`, `grid`, `tick`, `mean`, `s1` `s2` `s3`, `trace` (laid over it `second` `third` `fourth`), `peak`, `baseline`, `bar`, `limit`, `dot`, `count`, and beside
//! `dot`, `bar` the state as it is named in `lab` (`accepted`, `warning`, `rejected`, `compliant`, `non-compliant`, …).

pub mod canvas;
pub mod chromatogram;
pub mod gauge;
pub mod levey_jennings;
pub mod svg;
pub mod trend;
