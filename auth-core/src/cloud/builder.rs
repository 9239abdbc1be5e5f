//! Clouds in the making.

use std::fmt;
use std::sync::Arc;

use super::endpoint::endpoint;
use super::{Cloud, Inner};
use crate::{Error, Scope};

/// A [`Cloud`] in the making.
pub struct CloudBuilder(pub(super) Inner);

impl CloudBuilder {
    /// Replaces the sign-in authority.
    ///
    /// # Errors
    /// As [`Cloud::custom`].
    pub fn authority(mut self, url: &str) -> Result<Self, Error> {
        self.0.authority = endpoint(&self.0.name, "authority", url)?;
        Ok(self)
    }

    /// Replaces Azure Resource Manager.
    ///
    /// # Errors
    /// As [`Cloud::custom`].
    pub fn resource_manager(mut self, url: &str) -> Result<Self, Error> {
        self.0.resource_manager = endpoint(&self.0.name, "resource manager", url)?;
        Ok(self)
    }

    /// Replaces the audience of tokens for Azure Resource Manager. A trailing slash is part of it.
    ///
    /// # Errors
    /// As [`Scope::default_of`].
    pub fn arm_audience(mut self, audience: &str) -> Result<Self, Error> {
        self.0.arm_scope = Scope::default_of(audience)?.into();
        Ok(self)
    }

    /// Sets the audience of tokens for the Azure ML data plane.
    ///
    /// # Errors
    /// As [`Scope::default_of`].
    pub fn ml_audience(mut self, audience: &str) -> Result<Self, Error> {
        self.0.ml_scope = Some(Scope::default_of(audience)?.into());
        Ok(self)
    }

    /// Sets the Azure portal.
    ///
    /// # Errors
    /// As [`Cloud::custom`].
    pub fn portal(mut self, url: &str) -> Result<Self, Error> {
        self.0.portal = Some(endpoint(&self.0.name, "portal", url)?);
        Ok(self)
    }

    /// Sets the suffix of storage hosts.
    pub fn storage_suffix(mut self, suffix: &str) -> Self {
        self.0.storage_suffix = Some(suffix.to_owned());
        self
    }

    /// Sets the suffix of key vault hosts.
    pub fn key_vault_suffix(mut self, suffix: &str) -> Self {
        self.0.key_vault_suffix = Some(suffix.to_owned());
        self
    }

    /// The cloud.
    pub fn build(self) -> Cloud {
        Cloud(Arc::new(self.0))
    }
}

impl fmt::Debug for CloudBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudBuilder").field("name", &self.0.name).finish_non_exhaustive()
    }
}
