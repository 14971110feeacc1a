//! The headers of pages and their files.

use actix_web::http::header::ContentType;

/// The policy of the pages: code, styles and connections of the same origin only, nothing inline,
/// no frames, and no text that becomes code without a check (Trusted Types). The app names its two
/// policies; Svelte has the other one.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types default svelte-trusted-html";

/// What the pages may ask the phone for: a position and a photo, each after a tap.
pub const PERMISSIONS: &str = "camera=(self), geolocation=(self), microphone=(), payment=(), \
    usb=(), interest-cohort=()";

/// A file with a hash in its name never changes.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Pages, the service worker and the manifest are asked for again each time.
pub const REVALIDATED: &str = "no-cache";

/// Whether the name of the file contains a hash of its content: the build puts those in one folder.
pub fn is_hashed(path: &str) -> bool {
    path.contains("/assets/")
}

/// The media type of a file, by the end of its name.
pub fn media_type(path: &str) -> ContentType {
    let end = path.rsplit_once('.').map_or("", |(_, end)| end);
    let text = match end {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => return ContentType::octet_stream(),
    };
    text.parse().map_or_else(|_| ContentType::octet_stream(), ContentType)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_of_the_apps_has_its_media_type() {
        for (path, expected) in [
            ("m/index.html", "text/html; charset=utf-8"),
            ("m/sw.js", "text/javascript; charset=utf-8"),
            ("m/manifest.webmanifest", "application/manifest+json"),
            ("m/icon.svg", "image/svg+xml"),
            ("m/unknown", "application/octet-stream"),
        ] {
            assert_eq!(media_type(path).to_string(), expected, "{path}");
        }
    }
}
