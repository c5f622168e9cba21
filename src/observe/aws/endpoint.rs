//! Where a service is in a region, or where the environment says it is.

use url::Url;

use crate::model::{Failure, FailureKind};
use crate::observe::Environment;

/// A service of AWS that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::observe) enum Service {
    S3,
    Lambda,
    Ecr,
    Sts,
    #[cfg(feature = "kms")]
    Kms,
}

impl Service {
    /// The name in signatures.
    pub(super) const fn signing_name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Lambda => "lambda",
            Self::Ecr => "ecr",
            Self::Sts => "sts",
            #[cfg(feature = "kms")]
            Self::Kms => "kms",
        }
    }

    /// The variable that moves this service alone (AWS SDKs and Tools Reference Guide,
    /// "Service-specific endpoints").
    const fn variable(self) -> &'static str {
        match self {
            Self::S3 => "AWS_ENDPOINT_URL_S3",
            Self::Lambda => "AWS_ENDPOINT_URL_LAMBDA",
            Self::Ecr => "AWS_ENDPOINT_URL_ECR",
            Self::Sts => "AWS_ENDPOINT_URL_STS",
            #[cfg(feature = "kms")]
            Self::Kms => "AWS_ENDPOINT_URL_KMS",
        }
    }
}

/// Where a service answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Its root, which ends in `/`.
    pub(super) url: Url,
    /// True where the environment has moved it: no names are put before its host.
    pub(super) moved: bool,
}

impl Endpoint {
    /// `AWS_ENDPOINT_URL_<SERVICE>`, else `AWS_ENDPOINT_URL`, else where AWS has the service.
    /// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` and `AWS_USE_FIPS_ENDPOINT` are heeded.
    pub(super) fn of(
        environment: &Environment,
        service: Service,
        region: &str,
    ) -> Result<Self, Failure> {
        let is_true = |name| {
            environment
                .get(name)
                .is_some_and(|v| v.eq_ignore_ascii_case("true"))
        };
        let variables = [service.variable(), "AWS_ENDPOINT_URL"];
        let moved = environment
            .first_of(&variables)
            .filter(|_| !is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"));
        if let Some((name, text)) = moved {
            return match moved_to(text) {
                Some(url) => Ok(Self { url, moved: true }),
                None => Err(Failure {
                    kind: FailureKind::Unsupported,
                    detail: format!(
                        "{name} is no address of a server, such as https://aws.acme.example"
                    ),
                }),
            };
        }
        let host = host(service, region, is_true("AWS_USE_FIPS_ENDPOINT"));
        // Made of a checked region: parses.
        let url = Url::parse(&format!("https://{host}/")).map_err(|_| Failure {
            kind: FailureKind::Unsupported,
            detail: "the region has no endpoint".to_owned(),
        })?;
        Ok(Self { url, moved: false })
    }
}

/// An address without user information, query and fragment, whose path ends in `/`. Plain http to
/// other hosts than loopback is refused by the client.
fn moved_to(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    if !plain || !url.has_host() || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Some(url)
}

fn host(service: Service, region: &str, fips: bool) -> String {
    let name = match (service, fips) {
        (Service::S3, false) => "s3",
        (Service::S3, true) => "s3-fips",
        (Service::Lambda, false) => "lambda",
        (Service::Lambda, true) => "lambda-fips",
        (Service::Ecr, false) => "api.ecr",
        (Service::Ecr, true) => "ecr-fips",
        (Service::Sts, false) => "sts",
        (Service::Sts, true) => "sts-fips",
        #[cfg(feature = "kms")]
        (Service::Kms, false) => "kms",
        #[cfg(feature = "kms")]
        (Service::Kms, true) => "kms-fips",
    };
    format!("{name}.{region}.{}", suffix(region))
}

/// The domain of the partition that a region is in (botocore's `partitions.json`).
pub(super) fn suffix(region: &str) -> &'static str {
    let begins = |prefix: &str| region.starts_with(prefix);
    match region {
        _ if begins("cn-") => "amazonaws.com.cn",
        _ if begins("us-iso-") => "c2s.ic.gov",
        _ if begins("us-isob-") => "sc2s.sgov.gov",
        _ if begins("us-isof-") => "csp.hci.ic.gov",
        _ if begins("eu-isoe-") => "cloud.adc-e.uk",
        _ if begins("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(environment: &Environment, service: Service, region: &str) -> String {
        Endpoint::of(environment, service, region)
            .unwrap()
            .url
            .to_string()
    }

    #[test]
    fn a_service_is_where_its_region_and_partition_have_it() {
        let plain = Environment::empty();
        for (service, region, url) in [
            (
                Service::S3,
                "eu-west-1",
                "https://s3.eu-west-1.amazonaws.com/",
            ),
            (
                Service::Ecr,
                "us-gov-west-1",
                "https://api.ecr.us-gov-west-1.amazonaws.com/",
            ),
            (
                Service::Lambda,
                "cn-north-1",
                "https://lambda.cn-north-1.amazonaws.com.cn/",
            ),
        ] {
            assert_eq!(of(&plain, service, region), url);
        }
        let fips = plain.with("AWS_USE_FIPS_ENDPOINT", "true");
        let url = "https://ecr-fips.us-east-1.amazonaws.com/";
        assert_eq!(of(&fips, Service::Ecr, "us-east-1"), url);
    }

    #[test]
    fn the_variable_of_a_service_goes_before_that_of_all() {
        let both = Environment::empty()
            .with("AWS_ENDPOINT_URL", "http://127.0.0.1:1/aws")
            .with("AWS_ENDPOINT_URL_S3", "https://minio.acme.example");
        assert_eq!(
            of(&both, Service::S3, "eu-west-1"),
            "https://minio.acme.example/"
        );
        assert_eq!(
            of(&both, Service::Sts, "eu-west-1"),
            "http://127.0.0.1:1/aws/"
        );
        let ignored = both.with("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        let url = "https://sts.eu-west-1.amazonaws.com/";
        assert_eq!(of(&ignored, Service::Sts, "eu-west-1"), url);
    }

    #[test]
    fn a_wrong_endpoint_is_named_and_not_shown() {
        for wrong in [
            "minio",
            "https://u:s3cr3t@minio.example/",
            "https://x/?sig=s3cr3t",
        ] {
            let environment = Environment::empty().with("AWS_ENDPOINT_URL", wrong);
            let error = Endpoint::of(&environment, Service::S3, "eu-west-1").unwrap_err();
            assert!(
                error.detail.contains("AWS_ENDPOINT_URL"),
                "{}",
                error.detail
            );
            assert!(!error.detail.contains("s3cr3t"), "{}", error.detail);
        }
    }
}
