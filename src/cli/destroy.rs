//! `gatewright destroy`

use clap::Args;

use super::apply::{Carry, carry_out};
use super::console::Console;
use super::depth::DepthArgs;
use super::guards::AllowArgs;
use super::part::PlanPart;
use super::session::{Aim, Stopped, Wish, open};
use super::{Common, Exit};

/// Delete the objects that the manifests describe
///
/// For cleaning up a test tenant. Only objects that a manifest of the project describes
/// are deleted, and only users that gatewright created.
#[derive(Debug, Args)]
pub struct DestroyArgs {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Treat what an earlier run may have created, but the tenant does not show, as not created
    #[arg(long)]
    pub assume_not_made: bool,
    /// How much to show
    #[command(flatten)]
    pub look: DepthArgs,
    /// What to let through
    #[command(flatten)]
    pub allow: AllowArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &DestroyArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let allow = args.allow.guards();
    let wish = Wish {
        aim: Aim::Destroy,
        writes: true,
        purge_deleted_users: false,
        assume_not_made: args.assume_not_made,
        allow: &allow,
        part: PlanPart::default(),
    };
    let session = open(common, console, wish).await?;
    let carry = Carry {
        shown: false,
        root: &session.root,
        command: "destroy",
        yes: args.yes,
        secrets_out: None,
        look: args.look,
        question: &|tenant| format!("Delete these objects of {tenant}?"),
    };
    carry_out(&session.connection, &session.plan, console, &carry).await
}
