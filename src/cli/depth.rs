//! How much of a plan a command shows.

use clap::Args;

use crate::render::plan::Depth;

/// How much to show
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct DepthArgs {
    /// Show only the table of changes, without their details
    #[arg(long, conflicts_with = "full")]
    pub compact: bool,
    /// Show everything: equal changes one by one, new and deleted objects as YAML
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
