//! What must be refused is refused: with file, line and column, the line itself, and a way
//! out; all of it at once, and before anything is written.
//!
//! `tests/samples` holds one file for each idea. Every file is a test; what the program
//! says about it is a snapshot in `snapshots/`.

mod arbitrary;
mod command_line;
mod files;
mod samples;
mod settings;
mod tenant;

/// Compares with the snapshot of this name.
macro_rules! shown {
    ($name:expr, $text:expr) => {
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            omit_expression => true,
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/refuse/snapshots"),
        }, { insta::assert_snapshot!($name, $text) })
    };
}
use shown;
