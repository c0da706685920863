//! How much of a plan a command shows.

use clap::Args;

use crate::render::plan::Depth;

/// How much is shown
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct DepthArgs {
    /// Show the table of changes alone, without what each of them does
    #[arg(long, conflicts_with = "full")]
    pub compact: bool,
    /// Show everything: each change by itself, new and deleted objects as YAML
    #[arg(long)]
    pub full: bool,
}

impl DepthArgs {
    /// What the flags ask for.
    pub fn depth(self) -> Depth {
        match (self.compact, self.full) {
            (true, _) => Depth::Compact,
            (_, true) => Depth::Full,
            _ => Depth::Usual,
        }
    }
}
