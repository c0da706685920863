//! The laws that the fuzz targets hold, one module for each target. `fuzz/README.md` says how they
//! are run.

pub mod choices;
pub mod sound;

pub mod device_rules;
pub mod edits;
pub mod engine;
pub mod exports;
pub mod fleet_merge;
pub mod journal;
pub mod manifests;
pub mod odata_filter;
pub mod patches;
pub mod saved_plan;
pub mod sign_in_log;
pub mod snapshot;
pub mod texts;
