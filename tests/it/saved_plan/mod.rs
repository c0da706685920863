//! Saved plans: what is read back is what was saved, and what has moved since stops it.

mod files;
mod guarded;
mod laws;
mod stale;

use std::path::Path;

use gatewright::finding::Finding;
use gatewright::graph::read::Reader;
use gatewright::manifest::project::Desired;
use gatewright::plan::Plan;
use gatewright::plan::build::{PlanTarget, build_part};
use gatewright::plan::file::ground::Ground;
use gatewright::plan::file::read::{self as plan_file, Loaded};
use gatewright::plan::file::{Origin, SavedPlan, Sources, digest_of};
use gatewright::tenant::read;
use gatewright::tenant::snapshot::Snapshot;
use gatewright::tenant::wanted::Wanted;
use serde_json::Value;

use crate::world::World;

/// A plan and its file.
pub async fn saved(world: &World, desired: &Desired) -> (Plan, SavedPlan) {
    saved_part(world, desired, None).await
}

/// A plan for a part of a project, and its file.
pub async fn saved_part(
    world: &World,
    desired: &Desired,
    part: Option<&Desired>,
) -> (Plan, SavedPlan) {
    let reader = Reader::new(&world.client);
    let wanted = Wanted::of(desired, &world.config);
    let snapshot = read::snapshot(&reader, world.version, &wanted, desired)
        .await
        .unwrap();
    let target = PlanTarget {
        tenant: "world",
        config: &world.config,
        version: world.version,
        purge_deleted_users: world.purge_deleted_users,
    };
    let plan = build_part(target, desired, part, &snapshot).unwrap();
    let scope = world.config.scope.clone().unwrap_or_default();
    let origin = Origin {
        created_at: "2026-01-31T12:00:00Z".to_owned(),
        graph_endpoint: "sandbox".to_owned(),
        api_version: world.version,
        sources: Sources::of(desired.manifests.iter().map(|m| &*m.document.file)),
        undoes: None,
        ground: Ground::of(
            &plan,
            (desired, part.unwrap_or(desired)),
            wanted,
            scope,
            &snapshot,
        ),
    };
    let file = SavedPlan::of(&plan, origin);
    (plan, file)
}

/// Reads the text of a plan file.
pub fn load(text: &str) -> Result<Loaded, Box<Finding>> {
    plan_file::text("plan.json", Path::new("plan.json"), text.as_bytes())
}

/// What was asked for the plan, asked again.
pub async fn again(world: &World, loaded: &Loaded) -> Snapshot {
    let ground = &loaded.saved.ground;
    let reader = Reader::new(&world.client);
    read::snapshot(&reader, world.version, &ground.wanted, ground.own.clone())
        .await
        .unwrap()
}

/// What has moved, one message each.
pub async fn moved(world: &World, loaded: &Loaded) -> Vec<String> {
    let snapshot = again(world, loaded).await;
    let found = loaded.moved(&snapshot);
    found.into_iter().map(|finding| finding.message).collect()
}

/// The file with the digest that its content has, as somebody would write it who edits the
/// file and knows how.
pub fn resigned(mut file: Value) -> String {
    file.as_object_mut().unwrap().shift_remove("digest");
    file["digest"] = digest_of(&file).into();
    serde_json::to_string_pretty(&file).unwrap()
}
