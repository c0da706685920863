//! The flags of commands that take several tenants.

use std::num::NonZeroUsize;

use clap::Args;

use crate::fleet::shard::Shard;

/// Which of several tenants
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Several tenants")]
pub struct FleetArgs {
    /// Only the tenants of one part of N, counted from 0, such as 0/8; without `-t`, of all
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// How many tenants at the same time
    #[arg(long, value_name = "N", default_value = "16")]
    pub jobs: NonZeroUsize,
}
