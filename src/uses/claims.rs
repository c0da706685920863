//! The references of claims, of the guards file and of the project file.

use super::build::{Building, member};
use super::{UseSources, UsedKind};
use crate::claims::AskedClaim;
use crate::finding::Place;
use crate::manifest::case::ScenarioManifest;
use crate::manifest::claim::InvariantManifest;
use crate::manifest::config::ConfigFile;
use crate::manifest::guards::{GuardsFile, KindName};
use crate::manifest::scenario::ExpectedConsequence;
use crate::model::Kind;
use crate::whatif::{Environment, SignIn};

/// Adds them all.
pub(super) fn refer(building: &mut Building, sources: &UseSources<'_>) {
    for one in sources.desired.iter().flat_map(|one| &one.invariants) {
        let from = building.referrer(UsedKind::Invariant, one.name(), Some(one.place()));
        invariant(building, from, one, None);
    }
    for AskedClaim {
        manifest,
        pack,
        place,
        ..
    } in sources.packs
    {
        let name = match pack {
            Some(pack) => format!("{}/{}", pack.pack, pack.claim),
            None => manifest.name().to_owned(),
        };
        let from = building.referrer(UsedKind::Invariant, &name, Some(place.clone()));
        invariant(building, from, manifest, Some(place));
    }
    for one in sources.desired.iter().flat_map(|one| &one.scenarios) {
        scenario(building, one);
    }
    if let Some(file) = sources.guards {
        guards(building, file);
    }
    if let Some((file, tenant)) = sources.project {
        project(building, file, tenant);
    }
}

fn invariant(building: &mut Building, from: usize, one: &InvariantManifest, place: Option<&Place>) {
    for part in one.parts() {
        building.refer_all(from, &part.object(), |pointer| {
            let pointer = part.pointer(pointer);
            // What an exception takes over from the claim stands in the claim.
            one.document.value.pointer(&pointer)?;
            let own = || one.document.place(&pointer);
            let place = place.cloned().unwrap_or_else(own);
            Some((pointer, Some(place)))
        });
    }
}

/// References of one object that are given by name, and where they stand.
struct Named<'a> {
    kinds: &'a [UsedKind],
    pointer: String,
    text: &'a str,
    /// Whether a text that is not known stands for something else, and one that is for every object
    /// that it is known as.
    only_known: bool,
}

fn scenario(building: &mut Building, one: &ScenarioManifest) {
    let from = building.referrer(
        UsedKind::Scenario,
        one.name(),
        Some(one.document.place("/displayName")),
    );
    let mut named = sign_in(&one.scenario.sign_in);
    let expect = &one.scenario.expect;
    let lists = expect.policies.iter().flat_map(|policies| {
        [
            ("applied", &policies.applied),
            ("notApplied", &policies.not_applied),
        ]
    });
    for (name, list) in lists {
        named.extend(list.iter().enumerate().map(|(at, text)| Named {
            kinds: &[UsedKind::Policy],
            pointer: format!("/expect/policies/{name}/{at}"),
            text,
            only_known: false,
        }));
    }
    named.extend(asked("/expect", &expect.enforced));
    if let Some(reported) = &expect.report_only {
        named.extend(asked("/expect/reportOnly", reported));
    }
    for one_named in named {
        let place = one.document.place(&one_named.pointer);
        add(building, from, &one_named, Some(place));
    }
}

fn add(building: &mut Building, from: usize, named: &Named<'_>, place: Option<Place>) {
    let targets = match named.only_known {
        false => building.any(named.kinds, named.text),
        true => {
            let known = |kind: &&UsedKind| building.is_known(**kind, named.text);
            let known: Vec<UsedKind> = named.kinds.iter().filter(known).copied().collect();
            let found = known.into_iter();
            found
                .flat_map(|kind| building.target(kind, named.text))
                .collect()
        }
    };
    for target in targets {
        building.refer(from, target, &member(&named.pointer), place.clone());
    }
}

/// What a sign-in names.
fn sign_in<'a>(one: &'a SignIn) -> Vec<Named<'a>> {
    let mut found = Vec::new();
    let mut put = |kinds: &'static [UsedKind], pointer: String, text: Option<&'a String>| {
        found.extend(text.map(|text| (kinds, pointer, text)));
    };
    if let Some(user) = &one.user {
        put(
            &[UsedKind::User],
            "/signIn/user".to_owned(),
            user.name.as_ref(),
        );
        for (at, group) in user.member_of.iter().flatten().enumerate() {
            let pointer = format!("/signIn/user/memberOf/{at}");
            put(&[UsedKind::Group], pointer, Some(group));
        }
        for (at, role) in user.roles.iter().flatten().enumerate() {
            put(
                &[UsedKind::Role],
                format!("/signIn/user/roles/{at}"),
                Some(role),
            );
        }
        let tenant = user.external_tenant_id.as_ref();
        let pointer = "/signIn/user/externalTenantId".to_owned();
        put(&[UsedKind::ExternalTenant], pointer, tenant);
    }
    if let Some(principal) = &one.service_principal {
        let pointer = "/signIn/servicePrincipal".to_owned();
        put(
            &[UsedKind::ServicePrincipal],
            pointer,
            principal.name.as_ref(),
        );
    }
    if let Some(agent) = &one.agent_identity {
        let pointer = "/signIn/agentIdentity".to_owned();
        put(
            &[UsedKind::ServicePrincipal],
            pointer.clone(),
            agent.name.as_ref(),
        );
        let pointer = format!("{pointer}/blueprint");
        put(
            &[UsedKind::ServicePrincipal],
            pointer,
            agent.blueprint.as_ref(),
        );
    }
    if let Some(application) = &one.application {
        let pointer = "/signIn/application".to_owned();
        put(&[UsedKind::Application], pointer, application.name.as_ref());
    }
    for (at, application) in one.applications.iter().enumerate() {
        let pointer = format!("/signIn/applications/{at}");
        put(&[UsedKind::Application], pointer, application.name.as_ref());
    }
    if let Some(client) = &one.client {
        let pointer = "/signIn/client".to_owned();
        put(&[UsedKind::Application], pointer, client.name.as_ref());
    }
    let context = one.authentication_context.as_ref();
    put(
        &[UsedKind::Context],
        "/signIn/authenticationContext".to_owned(),
        context,
    );
    let empty = one.environment.iter().flat_map(|one| &one.assume_empty);
    for (at, group) in empty.enumerate() {
        let pointer = format!("/signIn/environment/assumeEmpty/{at}");
        put(&[UsedKind::Group], pointer, Some(group));
    }
    let mut named: Vec<Named<'_>> = found
        .into_iter()
        .map(|(kinds, pointer, text)| Named {
            kinds,
            pointer,
            text,
            only_known: false,
        })
        .collect();
    for (at, satisfied) in one.satisfied.iter().flatten().enumerate() {
        named.push(control(format!("/signIn/satisfied/{at}"), &satisfied.name));
    }
    named
}

/// A control, a strength, a method or terms of use: what is named by its word is no object.
fn control(pointer: String, text: &str) -> Named<'_> {
    Named {
        kinds: &[
            UsedKind::Strength,
            UsedKind::Agreement,
            UsedKind::CustomControl,
        ],
        pointer,
        text,
        only_known: true,
    }
}

/// What a scenario expects to be asked for.
fn asked<'a>(at: &str, expected: &'a ExpectedConsequence) -> Vec<Named<'a>> {
    let mut named = Vec::new();
    for (name, lists) in [
        ("requires", &expected.requires),
        ("requiresExactly", &expected.requires_exactly),
    ] {
        for (number, list) in lists.iter().flatten().enumerate() {
            let members = list.members().iter();
            named.extend(members.map(|text| control(format!("{at}/{name}/{number}"), text)));
        }
    }
    named
}

fn guards(building: &mut Building, file: &GuardsFile) {
    let Some(document) = &file.document else {
        return;
    };
    let mut named: Vec<Named<'_>> = Vec::new();
    let accounts = file.guards.break_glass.iter();
    let lists = accounts.flat_map(|one| {
        [
            (&[UsedKind::User][..], "users", &one.users),
            (&[UsedKind::Group], "groups", &one.groups),
        ]
    });
    for (kinds, name, list) in lists {
        named.extend(list.iter().enumerate().map(|(at, text)| Named {
            kinds,
            pointer: format!("/breakGlass/{name}/{at}"),
            text,
            only_known: false,
        }));
    }
    let protected = file
        .guards
        .protect
        .iter()
        .enumerate()
        .map(|(at, one)| (one.kind(), format!("/protect/{at}"), one.name()));
    let weakened = file
        .guards
        .allow_weakening
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let kind = one
                .kind
                .map_or(Kind::ConditionalAccessPolicy, KindName::kind);
            (
                Some(kind),
                format!("/allowWeakening/{at}"),
                one.name.as_str(),
            )
        });
    let objects: Vec<_> = protected.chain(weakened).collect();
    if named.is_empty() && objects.is_empty() {
        return;
    }
    let name = document.file.name.clone();
    let at = building.referrer(UsedKind::Guards, &name, Some(document.place("")));
    for one in named {
        add(building, at, &one, Some(document.place(&one.pointer)));
    }
    let any = Kind::ALL.map(UsedKind::from);
    for (kind, pointer, text) in objects {
        let one = kind.map(UsedKind::from);
        let named = Named {
            kinds: one.as_ref().map_or(&any, std::slice::from_ref),
            only_known: one.is_none(),
            pointer,
            text,
        };
        add(building, at, &named, Some(document.place(&named.pointer)));
    }
}

fn project(building: &mut Building, file: &ConfigFile, tenant: &str) {
    let own = file.config.tenants.get(tenant);
    let own = own.and_then(|one| one.environment.as_ref());
    let environments = [(own, true), (file.config.environment.as_ref(), false)];
    type List = fn(&Environment) -> &[String];
    let lists: [(UsedKind, &str, List); 3] = [
        (UsedKind::Group, "assumeEmpty", |one| &one.assume_empty),
        (UsedKind::Application, "officeApplications", |one| {
            &one.office_applications
        }),
        (UsedKind::Application, "adminPortals", |one| {
            &one.admin_portals
        }),
    ];
    let mut named: Vec<(UsedKind, String, &str, Place)> = Vec::new();
    for (kind, name, list) in lists {
        // The list of the tenant stands in the place of the one for all.
        let given = environments.iter().find_map(|(environment, of_tenant)| {
            let list = list(environment.as_ref()?);
            (!list.is_empty()).then_some((list, *of_tenant))
        });
        let Some((list, of_tenant)) = given else {
            continue;
        };
        for (number, text) in list.iter().enumerate() {
            let at = format!("/environment/{name}/{number}");
            let place = match of_tenant {
                true => file.tenant_place(tenant, &at),
                false => file.document.place(&at),
            };
            named.push((kind, format!("environment.{name}"), text, place));
        }
    }
    if named.is_empty() {
        return;
    }
    let name = file.document.file.name.clone();
    let at = building.referrer(UsedKind::Project, &name, Some(file.document.place("")));
    for (kind, member, text, place) in named {
        for target in building.target(kind, text) {
            building.refer(at, target, &member, Some(place.clone()));
        }
    }
}
