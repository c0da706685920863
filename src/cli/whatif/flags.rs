//! The flags that describe a sign-in: one for each member of the vocabulary.

use clap::Args;
use serde_json::Value;

use crate::finding::{Code, Finding};
use crate::whatif::{
    Address, AgentIdentity, AgentRisk, Application, AttributeValue, Attributes, AuthenticationFlow,
    ClientApplication, ClientType, Country, Device, DeviceInfo, InsiderRisk, OwnedBy, Platform,
    Risk, Satisfied, ServicePrincipal, SignIn, TransferMethod, User, UserAction, UserType,
};

/// The sign-in; what is left out is unknown
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct SignInFlags {
    /// The user: a principal name, display name or id
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A group that the user is in; give all of them; repeatable
    #[arg(long, value_name = "GROUP")]
    pub member_of: Vec<String>,
    /// The user is in no group
    #[arg(long, conflicts_with = "member_of")]
    pub no_groups: bool,
    /// A directory role that the user has; give all of them; repeatable
    #[arg(long, value_name = "ROLE")]
    pub role: Vec<String>,
    /// The user has no role
    #[arg(long, conflicts_with = "role")]
    pub no_roles: bool,
    /// The type of user: member, internalGuest, b2bCollaborationGuest, ...
    #[arg(long, value_name = "KIND")]
    pub user_type: Option<UserType>,
    /// The home tenant of an external user, by id
    #[arg(long, value_name = "ID")]
    pub external_tenant: Option<String>,
    /// The user is an agent's account
    #[arg(long)]
    pub agent_user: bool,
    /// The service principal that signs in, instead of a user
    #[arg(long, value_name = "NAME")]
    pub service_principal: Option<String>,
    /// The owner of the service principal: tenant, microsoft or other
    #[arg(long, value_name = "OWNER")]
    pub owned_by: Option<OwnedBy>,
    /// The service principal is a managed identity
    #[arg(long)]
    pub managed_identity: bool,
    /// A custom security attribute of the service principal, such as Set_Name=value; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    pub principal_attribute: Vec<String>,
    /// The agent that signs in as itself, instead of a user
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// The blueprint of the agent
    #[arg(long, value_name = "NAME")]
    pub blueprint: Option<String>,
    /// The application to open, by name or app id; several are audiences of one request
    #[arg(long, value_name = "NAME")]
    pub app: Vec<String>,
    /// A custom security attribute of the application, such as Set_Name=value; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    pub app_attribute: Vec<String>,
    /// A user action instead: registerSecurityInformation, registerOrJoinDevices, accountRecovery
    #[arg(long, value_name = "ACTION")]
    pub action: Option<UserAction>,
    /// An authentication context instead: its id, such as c1, or name
    #[arg(long, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// A requested scope, such as User.Read; repeatable
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
    /// The application that requests the token; it only matters with `--scope`
    #[arg(long, value_name = "NAME")]
    pub client_app: Option<String>,
    /// Whether that application is a confidential client
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub confidential: Option<bool>,
    /// The kind of client: browser, mobileAppsAndDesktopClients, exchangeActiveSync, easSupported,
    /// other
    #[arg(long, value_name = "KIND")]
    pub client: Option<ClientType>,
    /// The platform: android, iOS, windows, windowsPhone, macOS, linux, unknown
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<Platform>,
    /// The IP address, as Entra sees it
    #[arg(long, value_name = "ADDRESS")]
    pub ip: Option<Address>,
    /// The country, as two letters, or unknown
    #[arg(long, value_name = "CODE")]
    pub country: Option<Country>,
    /// Whether the session comes through Global Secure Access
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub compliant_network: Option<bool>,
    /// The risk of the sign-in: none, low, medium, high
    #[arg(long, value_name = "LEVEL")]
    pub sign_in_risk: Option<Risk>,
    /// The risk of the user: none, low, medium, high
    #[arg(long, value_name = "LEVEL")]
    pub user_risk: Option<Risk>,
    /// The insider risk of the user: none, minor, moderate, elevated
    #[arg(long, value_name = "LEVEL")]
    pub insider_risk: Option<InsiderRisk>,
    /// The risk of the service principal: none, low, medium, high
    #[arg(long, value_name = "LEVEL")]
    pub service_principal_risk: Option<Risk>,
    /// The risk of the agent: none, low, medium, high
    #[arg(long, value_name = "LEVEL")]
    pub agent_risk: Option<AgentRisk>,
    /// `unregistered`, or an attribute of the device, such as isCompliant=true; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    pub device: Vec<String>,
    /// The flow: none, deviceCodeFlow, authenticationTransfer
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<TransferMethod>,
    /// The flow that the session began with
    #[arg(long, value_name = "FLOW")]
    pub original_flow: Option<TransferMethod>,
    /// What the sign-in can satisfy: a control, a strength, methods such as `password,sms`,
    /// or `nothing`; give all of it but what `--device` says of the device; repeatable
    #[arg(long, value_name = "WHAT")]
    pub satisfied: Vec<String>,
}

impl SignInFlags {
    /// The sign-in that the flags describe, over one that is given: what a flag says counts.
    ///
    /// # Errors
    /// Flags that say nothing that can be understood.
    pub fn over(&self, base: SignIn) -> Result<SignIn, Vec<Finding>> {
        let mut one = base;
        let mut faults = Vec::new();
        self.subject(&mut one, &mut faults);
        self.resource(&mut one, &mut faults);
        set(&mut one.client_app_type, self.client);
        set(&mut one.device_platform, self.platform);
        set(&mut one.ip_address, self.ip);
        set(&mut one.country, self.country);
        set(&mut one.compliant_network, self.compliant_network);
        set(&mut one.sign_in_risk_level, self.sign_in_risk);
        set(&mut one.user_risk_level, self.user_risk);
        set(&mut one.insider_risk_level, self.insider_risk);
        set(
            &mut one.service_principal_risk_level,
            self.service_principal_risk,
        );
        set(&mut one.agent_id_risk_level, self.agent_risk);
        if !self.device.is_empty() {
            match device(&self.device) {
                Ok(device) => one.device_info = Some(device),
                Err(fault) => faults.push(fault),
            }
        }
        if self.flow.is_some() || self.original_flow.is_some() {
            let flow: &mut AuthenticationFlow = one.authentication_flow.get_or_insert_default();
            set(&mut flow.transfer_method, self.flow);
            set(&mut flow.original_transfer_method, self.original_flow);
        }
        match self.satisfied.as_slice() {
            [] => {}
            [nothing] if nothing == "nothing" => one.satisfied = Some(Vec::new()),
            list => one.satisfied = Some(list.iter().map(Satisfied::named).collect()),
        }
        match faults.is_empty() {
            true => Ok(one),
            false => Err(faults),
        }
    }

    fn subject(&self, one: &mut SignIn, faults: &mut Vec<Finding>) {
        let says_user = self.user.is_some()
            || !self.member_of.is_empty()
            || !self.role.is_empty()
            || self.no_groups
            || self.no_roles
            || self.user_type.is_some()
            || self.external_tenant.is_some()
            || self.agent_user;
        if says_user {
            // Another user is another person: what was said of the first does not count.
            if let Some(name) = &self.user {
                one.user = Some(User::named(name));
            }
            let user = one.user.get_or_insert_default();
            if self.no_groups || !self.member_of.is_empty() {
                user.member_of = Some(self.member_of.clone());
            }
            if self.no_roles || !self.role.is_empty() {
                user.roles = Some(self.role.clone());
            }
            set(&mut user.user_type, self.user_type);
            set(&mut user.external_tenant_id, self.external_tenant.clone());
            user.agent_user |= self.agent_user;
        }
        if self.service_principal.is_some()
            || self.owned_by.is_some()
            || self.managed_identity
            || !self.principal_attribute.is_empty()
        {
            let principal: &mut ServicePrincipal = one.service_principal.get_or_insert_default();
            set(&mut principal.name, self.service_principal.clone());
            set(&mut principal.owned_by, self.owned_by);
            principal.managed_identity |= self.managed_identity;
            let attributes = attributes("principal-attribute", &self.principal_attribute, faults);
            set(&mut principal.attributes, attributes);
        }
        if self.agent.is_some() || self.blueprint.is_some() {
            let agent: &mut AgentIdentity = one.agent_identity.get_or_insert_default();
            set(&mut agent.name, self.agent.clone());
            set(&mut agent.blueprint, self.blueprint.clone());
        }
    }

    fn resource(&self, one: &mut SignIn, faults: &mut Vec<Finding>) {
        if !self.app.is_empty() || self.action.is_some() || self.context.is_some() {
            one.application = None;
            one.applications = Vec::new();
            one.user_action = self.action;
            one.authentication_context = self.context.clone();
            let mut apps: Vec<Application> = self.app.iter().map(Application::named).collect();
            match apps.len() {
                1 => one.application = apps.pop(),
                _ => one.applications = apps,
            }
        }
        let attributes = attributes("app-attribute", &self.app_attribute, faults);
        set(&mut one.application_attributes, attributes);
        if !self.scope.is_empty() {
            one.scopes = Some(self.scope.clone());
        }
        if self.client_app.is_some() || self.confidential.is_some() {
            let client: &mut ClientApplication = one.client.get_or_insert_default();
            set(&mut client.name, self.client_app.clone());
            set(&mut client.confidential, self.confidential);
        }
    }
}

/// What a flag says takes the place of what was known.
fn set<T>(slot: &mut Option<T>, said: Option<T>) {
    if said.is_some() {
        *slot = said;
    }
}

fn fault(flag: &str, message: impl std::fmt::Display, help: &str) -> Finding {
    Finding::error(Code::SignInCase, format!("`--{flag}`: {message}")).help(help)
}

/// `name=value`, several of one name as a list.
fn attributes(flag: &str, given: &[String], faults: &mut Vec<Finding>) -> Option<Attributes> {
    let mut all = Attributes::default();
    for text in given {
        let Some((name, value)) = text.split_once('=') else {
            let message = format!("`{}` has no value", text.escape_debug());
            faults.push(fault(flag, message, "write it as Set_Name=value"));
            continue;
        };
        let value = value.to_owned();
        let known = all.0.remove(name);
        let both = match known {
            None => AttributeValue::Text(value),
            Some(AttributeValue::Text(first)) => AttributeValue::Texts(vec![first, value]),
            Some(AttributeValue::Texts(mut list)) => {
                list.push(value);
                AttributeValue::Texts(list)
            }
        };
        all.0.insert(name.to_owned(), both);
    }
    (!given.is_empty()).then_some(all)
}

/// A device as flags describe it.
///
/// # Errors
/// When they say nothing that can be understood.
pub fn device(given: &[String]) -> Result<Device, Finding> {
    const HELP: &str = "write `unregistered`, or attributes such as isCompliant=true or model=Surface; docs/whatif.md lists them";
    if let [one] = given
        && one.eq_ignore_ascii_case("unregistered")
    {
        return Ok(Device::Unregistered);
    }
    let mut info = DeviceInfo::default();
    let mut lists: Vec<(&str, Vec<Value>)> = Vec::new();
    for text in given {
        let Some((name, value)) = text.split_once('=') else {
            let message = format!("`{}` has no value", text.escape_debug());
            return Err(fault("device", message, HELP));
        };
        let value = match value {
            "null" => Value::Null,
            other => Value::from(other),
        };
        match lists.iter_mut().find(|(known, _)| *known == name) {
            Some((_, list)) => list.push(value),
            None => lists.push((name, vec![value])),
        }
    }
    for (name, mut values) in lists {
        let value = match values.len() {
            1 => values.pop().unwrap_or_default(),
            _ => Value::Array(values),
        };
        info.set(name, &value)
            .map_err(|message| fault("device", message, HELP))?;
    }
    Ok(Device::Registered(info))
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches};

    use super::*;
    use crate::render::whatif::flag_of;

    fn flags(given: &[&str]) -> SignInFlags {
        let command = SignInFlags::augment_args(Command::new("whatif").no_binary_name(true));
        let matches = command.try_get_matches_from(given).unwrap();
        SignInFlags::from_arg_matches(&matches).unwrap()
    }

    #[test]
    fn every_flag_that_an_answer_names_there_is() {
        let command = SignInFlags::augment_args(Command::new("whatif"));
        let known: Vec<&str> = command
            .get_arguments()
            .filter_map(|a| a.get_long())
            .collect();
        let members = (0..=u8::MAX).filter_map(crate::whatif::Fact::numbered);
        let flags = members.filter_map(|fact| flag_of(&fact.member()));
        let mut count = 0;
        for flag in flags {
            let name = flag.trim_start_matches("--").split(' ').next().unwrap();
            assert!(known.contains(&name), "{flag}");
            count += 1;
        }
        assert!(count > 40, "{count}");
    }

    #[test]
    fn flags_say_what_a_case_says() {
        let case = serde_json::json!({
            "user": {"name": "ada", "memberOf": ["a", "b"], "roles": [], "userType": "member"},
            "applications": ["x", "y"],
            "clientAppType": "browser",
            "devicePlatform": "iOS",
            "ipAddress": "203.0.113.7",
            "country": "NL",
            "compliantNetwork": false,
            "signInRiskLevel": "high",
            "deviceInfo": {"isCompliant": true, "model": null, "systemLabels": ["a", "b"]},
            "authenticationFlow": {"transferMethod": "none"},
            "satisfied": ["mfa", "password,sms"],
            "applicationAttributes": {"S_n": ["1", "2"], "S_m": "3"},
        });
        let said = flags(&[
            "--user",
            "ada",
            "--member-of",
            "a",
            "--member-of",
            "b",
            "--no-roles",
            "--user-type",
            "member",
            "--app",
            "x",
            "--app",
            "y",
            "--client",
            "browser",
            "--platform",
            "ios",
            "--ip",
            "203.0.113.7",
            "--country",
            "nl",
            "--compliant-network",
            "false",
            "--sign-in-risk",
            "high",
            "--device",
            "isCompliant=true",
            "--device",
            "model=null",
            "--device",
            "systemLabels=a",
            "--device",
            "systemLabels=b",
            "--flow",
            "none",
            "--satisfied",
            "mfa",
            "--satisfied",
            "password,sms",
            "--app-attribute",
            "S_n=1",
            "--app-attribute",
            "S_n=2",
            "--app-attribute",
            "S_m=3",
        ]);
        let said = said.over(SignIn::default()).unwrap();
        assert_eq!(serde_json::to_value(said).unwrap(), case);
    }

    #[test]
    fn a_flag_counts_before_what_the_case_says() {
        let case = SignIn {
            application: Some(Application::named("x")),
            client_app_type: Some(ClientType::Other),
            ..SignIn::default()
        };
        let said = flags(&["--action", "accountRecovery", "--client", "browser"]);
        let said = said.over(case).unwrap();
        assert_eq!(said.application, None);
        assert_eq!(said.client_app_type, Some(ClientType::Browser));
        assert!(
            flags(&["--device", "colour=red"])
                .over(SignIn::default())
                .is_err()
        );
        assert!(
            flags(&["--device", "isCompliant"])
                .over(SignIn::default())
                .is_err()
        );
    }
}
