//! QR codes as SVG images that need no script and no style.

use std::fmt::Write as _;

use qrcode::types::{Color, QrError};
use qrcode::{EcLevel, QrCode};

/// The light margin that readers need, in modules (ISO/IEC 18004).
const MARGIN: usize = 4;

/// The QR code of `text`.
///
/// # Errors
/// [`QrError`] for a text that is too long.
pub fn svg(text: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let (width, colors) = (code.width(), code.to_colors());
    let side = width + 2 * MARGIN;
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        while let Some(start) = row[x..].iter().position(|color| *color == Color::Dark) {
            let start = x + start;
            let dark = row[start..].iter().take_while(|color| **color == Color::Dark).count();
            // Writing to a String cannot fail.
            let _ = write!(path, "M{} {}h{dark}v1h-{dark}z", start + MARGIN, y + MARGIN);
            x = start + dark;
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
         <path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_has_each_dark_module_once() {
        let image = svg("https://gridward.example/m/enrol#ABCDE").expect("a code");
        let code = QrCode::with_error_correction_level(
            "https://gridward.example/m/enrol#ABCDE",
            EcLevel::M,
        );
        let dark = code.expect("a code").to_colors().iter().filter(|c| **c == Color::Dark).count();
        let widths = image.split('h').skip(1).filter_map(|rest| rest.split('v').next());
        let drawn: usize = widths.filter_map(|width| width.parse::<usize>().ok()).sum();
        assert_eq!(drawn, dark);
        assert!(svg(&"x".repeat(10_000)).is_err());
    }
}
