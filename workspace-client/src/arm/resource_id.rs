//! Resource ids.

use std::fmt;

use auth_core::{Error, ErrorKind};

const REGISTRIES: &str = "Microsoft.MachineLearningServices/registries";
const WORKSPACES: &str = "Microsoft.MachineLearningServices/workspaces";

/// The id of a resource in a resource group:
/// `/subscriptions/{id}/resourceGroups/{group}/providers/{namespace}/{type}/{name}`, followed by further pairs of type and name.
///
/// The literal parts are recognised in any case, as services answer with `resourcegroups` and `resourceGroups` at will; the
/// spelling that was given is kept, and two ids are equal if they differ in case only.
///
/// ```
/// use workspace_client::arm::ResourceId;
/// let id: ResourceId = "/subscriptions/s/resourcegroups/rg/providers/Microsoft.Storage/storageAccounts/x".parse()?;
/// assert_eq!((id.resource_group(), id.name()), ("rg", "x"));
/// assert_eq!(id.resource_type(), "Microsoft.Storage/storageAccounts");
/// # Ok::<(), workspace_client::Error>(())
/// ```
#[derive(Clone)]
pub struct ResourceId(String);

impl ResourceId {
    /// The id of an Azure ML workspace.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] saying which of the three cannot be right.
    pub fn workspace(subscription: &str, resource_group: &str, name: &str) -> Result<Self, Error> {
        Self::top_level(subscription, resource_group, WORKSPACES, ("workspace name", name))
    }

    /// The id of an Azure ML registry.
    ///
    /// # Errors
    /// As [`ResourceId::workspace`].
    pub fn registry(subscription: &str, resource_group: &str, name: &str) -> Result<Self, Error> {
        Self::top_level(subscription, resource_group, REGISTRIES, ("registry name", name))
    }

    fn top_level(
        subscription: &str,
        resource_group: &str,
        resource_type: &str,
        (what, name): (&str, &str),
    ) -> Result<Self, Error> {
        check_subscription(subscription)?;
        check_resource_group(resource_group)?;
        check_top_level(what, name)?;
        Ok(Self(format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/{resource_type}/{name}"
        )))
    }

    /// The subscription's id.
    pub fn subscription(&self) -> &str {
        self.segment(1)
    }

    /// The resource group's name.
    pub fn resource_group(&self) -> &str {
        self.segment(3)
    }

    /// The type with its namespace, such as `Microsoft.MachineLearningServices/workspaces/jobs`.
    pub fn resource_type(&self) -> String {
        let types = self.segments().skip(6).step_by(2);
        std::iter::once(self.segment(5)).chain(types).collect::<Vec<_>>().join("/")
    }

    /// The name of the resource itself: the last part.
    pub fn name(&self) -> &str {
        self.segments().last().unwrap_or_default()
    }

    /// The name of the outermost resource, such as the workspace of a job.
    pub fn root_name(&self) -> &str {
        self.segment(7)
    }

    /// Whether this is a workspace, or lies within one.
    pub fn is_in_workspace(&self) -> bool {
        WORKSPACES.split('/').eq_ignore_case([self.segment(5), self.segment(6)])
    }

    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.trim_matches('/').split('/')
    }

    fn segment(&self, index: usize) -> &str {
        self.segments().nth(index).unwrap_or_default()
    }
}

impl std::str::FromStr for ResourceId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let id = Self(text.to_owned());
        let literals = [(0, "subscriptions"), (2, "resourceGroups"), (4, "providers")];
        let count = id.segments().count();
        let is_whole = text.starts_with('/')
            && count >= 8
            && count.is_multiple_of(2)
            && id.segments().all(|segment| !["", ".", ".."].contains(&segment))
            && !text.contains(['?', '#', '\\', '%'])
            && !text.contains(char::is_control)
            && literals.iter().all(|(index, literal)| id.segment(*index).eq_ignore_ascii_case(literal));
        if is_whole {
            return Ok(id);
        }
        let shown: String = text.chars().take(200).collect();
        Err(Error::new(ErrorKind::Configuration, format!("{shown:?} is not a resource id")).with_help(
            "a resource id is /subscriptions/{id}/resourceGroups/{group}/providers/{namespace}/{type}/{name}",
        ))
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.segments().eq_ignore_case(other.segments())
    }
}

impl Eq for ResourceId {}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

trait EqIgnoreCase<'a>: Iterator<Item = &'a str> + Sized {
    fn eq_ignore_case(self, other: impl IntoIterator<Item = &'a str>) -> bool {
        self.map(str::to_lowercase).eq(other.into_iter().map(str::to_lowercase))
    }
}

impl<'a, I: Iterator<Item = &'a str>> EqIgnoreCase<'a> for I {}

/// Refuses what cannot be a subscription's id, such as its name.
pub(crate) fn check_subscription(id: &str) -> Result<(), Error> {
    if uuid::Uuid::try_parse(id).is_ok_and(|uuid| uuid.hyphenated().to_string().eq_ignore_ascii_case(id)) {
        return Ok(());
    }
    refuse("subscription id", id, "it is a GUID, not a name; azml account list shows both")
}

/// Refuses what cannot be a resource group's name (Azure naming rules, Microsoft.Resources).
pub(crate) fn check_resource_group(name: &str) -> Result<(), Error> {
    let known = |c: char| c.is_alphanumeric() || "_-.()".contains(c);
    if (1..=90).contains(&name.chars().count()) && name.chars().all(known) && !name.ends_with('.') {
        return Ok(());
    }
    refuse("resource group", name, "1 to 90 letters, digits and _ - . ( ), not ending in a dot")
}

/// Refuses what cannot be a workspace's or a registry's name. The API's own pattern says 3 to 33 characters, its documentation 2 to
/// 32.
fn check_top_level(what: &str, name: &str) -> Result<(), Error> {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (2..=33).contains(&name.len()) && name.chars().all(known) && name.starts_with(|c: char| c.is_alphanumeric()) {
        return Ok(());
    }
    refuse(what, name, "2 to 33 letters, digits, _ and -, starting with a letter or a digit")
}

/// Refuses what would not stay one segment of a path. What else a name may hold, the service knows best.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), Error> {
    let splits = |c: char| c.is_control() || "/\\?#%".contains(c);
    if (1..=255).contains(&name.len()) && !name.contains(splits) && ![".", ".."].contains(&name) {
        return Ok(());
    }
    refuse(what, name, "up to 255 characters, without / \\ ? # %")
}

fn refuse(what: &str, text: &str, help: &str) -> Result<(), Error> {
    let shown: String = text.chars().take(100).collect();
    Err(Error::new(ErrorKind::Configuration, format!("{shown:?} is not a {what}")).with_help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";

    fn id(text: &str) -> ResourceId {
        text.parse().unwrap()
    }

    #[test]
    fn a_workspace_s_id_is_built_and_taken_apart() {
        let id = ResourceId::workspace(SUBSCRIPTION, "rg-ml", "ml-dev").unwrap();
        assert_eq!(
            id.as_str(),
            format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/workspaces/ml-dev"
            )
        );
        assert_eq!((id.subscription(), id.resource_group(), id.name()), (SUBSCRIPTION, "rg-ml", "ml-dev"));
        assert_eq!(id.resource_type(), WORKSPACES);
        assert!(id.is_in_workspace());
    }

    #[test]
    fn literals_are_recognised_in_any_case_and_the_spelling_is_kept() {
        let text = "/SUBSCRIPTIONS/s/resourcegroups/RG/Providers/microsoft.machinelearningservices/Workspaces/W/jobs/j";
        assert_eq!(id(text).as_str(), text);
        assert_eq!((id(text).root_name(), id(text).name()), ("W", "j"));
        assert_eq!(id(text).resource_type(), "microsoft.machinelearningservices/Workspaces/jobs");
        assert!(id(text).is_in_workspace());
        assert_eq!(id(text), id(&text.to_lowercase()));
        assert_ne!(id(text), id(&text.replace("/j", "/k")));
    }

    #[test]
    fn what_is_not_a_resource_id_is_refused() {
        let whole = "/subscriptions/s/resourceGroups/r/providers/N/t/n";
        let bad = [
            String::new(),
            "/".into(),
            "subscriptions/s/resourceGroups/r/providers/N/t/n".into(),
            "/subscriptions/s/resourceGroups/r/providers/N/t".into(),
            format!("{whole}/u"),
            format!("{whole}?x=1"),
            format!("{whole}#x"),
            whole.replace("/n", "//"),
            whole.replace("/t/", "/../"),
            whole.replace("/t/", "/%2e%2e/"),
            whole.replace("resourceGroups", "groups"),
            whole.replace("/n", "/n\r"),
        ];
        for text in bad {
            assert!(text.parse::<ResourceId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_stays_one_segment_of_a_path() {
        for name in ["cpu-cluster", "gpu_2", "Größe", "a.b"] {
            assert!(check_name("compute name", name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "a/b", "a\\b", "a?b", "a#b", "%2e%2e", "a\nb", &"a".repeat(256)] {
            let error = check_name("compute name", name).unwrap_err();
            assert!(error.to_string().ends_with("is not a compute name"), "{error}");
        }
    }

    #[test]
    fn a_part_that_cannot_be_right_is_named() {
        let refusal =
            |subscription, group, name| ResourceId::workspace(subscription, group, name).unwrap_err().to_string();
        assert_eq!(refusal("ML Development", "rg", "ws"), "\"ML Development\" is not a subscription id");
        assert_eq!(refusal(SUBSCRIPTION, "../rg", "ws"), "\"../rg\" is not a resource group");
        assert_eq!(refusal(SUBSCRIPTION, "..", "ws"), "\"..\" is not a resource group");
        assert_eq!(refusal(SUBSCRIPTION, "rg", "w/s"), "\"w/s\" is not a workspace name");
        assert_eq!(refusal(SUBSCRIPTION, "rg", "w"), "\"w\" is not a workspace name");
        assert!(ResourceId::workspace(&SUBSCRIPTION.to_uppercase(), "Größe_(1).x-y", "a-_9").is_ok());
    }
}
