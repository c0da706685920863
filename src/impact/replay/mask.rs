//! A report without the names of the tenant, to be shown to others. The same name has the same
//! number everywhere in it.

use serde_json::Value;

use super::report::ReplayReport;
use crate::impact::people::mask::NameMask;
use crate::model::enums::GrantControl;
use crate::model::tables::APPS;
use crate::model::tables::combinations::built_in_strengths;
use crate::model::values::GraphEnum;
use crate::whatif::{
    Application, Consequence, Device, DeviceInfo, DeviceValue, Name, Satisfied, SignIn,
};

/// What stands for names: the same as where people are counted.
struct Numbers<'a>(&'a mut NameMask);

impl Numbers<'_> {
    fn hide(&mut self, kind: &'static str, name: &mut String) {
        if !name.is_empty() {
            *name = self.0.of_either(kind, name);
        }
    }

    fn application(&mut self, name: &mut String) {
        let known = APPS.by_name(name).is_some() || APPS.by_id(name).is_some();
        if !known {
            self.hide("application", name);
        }
    }

    /// What is asked for: the words of Graph stay, in each of several.
    fn asked(&mut self, text: &mut String) {
        let hide = |part: &str, numbers: &mut Numbers<'_>| {
            let mut part = part.to_owned();
            if !is_graphs_own(&part) {
                numbers.hide("requirement", &mut part);
            }
            part
        };
        let parts: Vec<String> = text.split(" or ").map(|part| hide(part, self)).collect();
        *text = parts.join(" or ");
    }

    fn consequence(&mut self, consequence: &mut Consequence) {
        for name in consequence.requires.iter_mut().flatten() {
            let mut text = name.to_string();
            self.asked(&mut text);
            *name = Name::from(text.as_str());
        }
        for name in consequence.session_controls.from.values_mut().flatten() {
            let mut text = name.to_string();
            self.hide("policy", &mut text);
            *name = Name::from(text.as_str());
        }
        consequence
            .session_controls
            .global_secure_access_filtering_profiles
            .clear();
    }

    fn sign_in(&mut self, sign_in: &mut SignIn) {
        if let Some(user) = &mut sign_in.user {
            if let Some(name) = &mut user.name {
                self.hide("user", name);
            }
            for group in user.member_of.iter_mut().flatten() {
                self.hide("group", group);
            }
            if let Some(tenant) = &mut user.external_tenant_id {
                self.hide("tenant", tenant);
            }
        }
        let principal = sign_in.service_principal.as_mut();
        if let Some(name) = principal.and_then(|one| one.name.as_mut()) {
            self.hide("user", name);
        }
        let applications = sign_in
            .application
            .iter_mut()
            .chain(&mut sign_in.applications);
        let names = applications.filter_map(|Application { name, .. }| name.as_mut());
        for name in names {
            self.application(name);
        }
        if let Some(client) = sign_in.client.as_mut().and_then(|one| one.name.as_mut()) {
            self.application(client);
        }
        if let Some(context) = &mut sign_in.authentication_context {
            self.hide("context", context);
        }
        for Satisfied { name, .. } in sign_in.satisfied.iter_mut().flatten() {
            self.asked(name);
        }
        sign_in.ip_address = None;
        sign_in.scopes = None;
        if let Some(Device::Registered(info)) = &mut sign_in.device_info {
            let mut kept = DeviceInfo::default();
            for name in ["isCompliant", "trustType", "operatingSystem"] {
                let value = match info.get(name) {
                    Some(DeviceValue::Bool(flag)) => Value::from(*flag),
                    Some(DeviceValue::Text(text)) => Value::from(text.as_str()),
                    _ => continue,
                };
                let _ = kept.set(name, &value);
            }
            *info = kept;
        }
    }
}

/// A control, a combination of methods, a session control or a strength that every tenant has.
fn is_graphs_own(text: &str) -> bool {
    let control = |word: &&str| word.eq_ignore_ascii_case(text);
    let strength = built_in_strengths()
        .iter()
        .any(|one| one.id == text || one.display_name == text);
    let methods = text
        .split(',')
        .all(|part| crate::model::enums::AuthenticationMethodMode::MEMBERS.contains(&part.trim()));
    GrantControl::MEMBERS.iter().any(control)
        || strength
        || methods
        || text.starts_with("session: ")
}

impl ReplayReport {
    /// The same without the names of the tenant, and without what tells a record.
    #[must_use]
    pub fn masked(mut self, numbers: &mut NameMask) -> ReplayReport {
        let mut numbers = Numbers(numbers);
        if let Some((_, _, why)) = &mut self.unreadable {
            // The message may hold a value.
            *why = "its shape is not that of a record".to_owned();
        }
        for name in &mut self.changed_policies {
            numbers.hide("policy", name);
        }
        for (name, _) in &mut self.calibration.policies {
            numbers.hide("policy", name);
        }
        for difference in &mut self.calibration.differences {
            numbers.hide("policy", &mut difference.policy);
            difference.example.id.clear();
            numbers.sign_in(&mut difference.example.sign_in);
        }
        for change in &mut self.changes {
            change
                .policies
                .iter_mut()
                .for_each(|name| numbers.hide("policy", name));
            change
                .asks
                .iter_mut()
                .for_each(|asked| numbers.asked(asked));
            if let Some(example) = &mut change.example {
                example.id.clear();
                numbers.sign_in(&mut example.sign_in);
            }
            let both = change.before.iter_mut().chain(&mut change.after);
            both.for_each(|one| numbers.consequence(one));
        }
        for requirement in &mut self.requirements {
            numbers.asked(&mut requirement.requires);
        }
        for row in &mut self.by_person {
            numbers.hide("user", &mut row.name);
        }
        for row in &mut self.by_application {
            numbers.application(&mut row.name);
        }
        for row in &mut self.by_policy {
            numbers.hide("policy", &mut row.name);
        }
        for row in &mut self.rows {
            numbers.hide("user", &mut row.person);
            numbers.application(&mut row.application);
            row.policies
                .iter_mut()
                .for_each(|name| numbers.hide("policy", name));
            row.asks.iter_mut().for_each(|asked| numbers.asked(asked));
        }
        self
    }
}
