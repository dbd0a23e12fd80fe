//! What a workspace looks like: its colour in light and dark, its logo, and whether it hides whose product this is.

use std::fmt::Write;

/// Text can be read on its ground from here on (WCAG 2, 1.4.3).
const READABLE: f64 = 4.5;

/// The lightest and the darkest grounds that words of the colour stand on, in light and in dark: lightness of OKLCH.
const LIGHT_GROUNDS: [f64; 2] = [1.0, 0.956];
const DARK_GROUNDS: [f64; 2] = [0.165, 0.26];

/// How light the colour is in dark, at least.
const DARK_LIGHTNESS: f64 = 0.79;

/// Colours stronger than this are too much for grounds and for dark.
const STRONGEST: f64 = 0.11;

/// What everybody sees of a brand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    /// That of the workspace.
    pub name: String,
    pub accent: Option<Accent>,
    /// The hash of its bytes.
    pub logo: Option<String>,
    /// The name of this product is hidden.
    pub white_label: bool,
}

/// A colour, such as `#0f766e`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent([u8; 3]);

/// A colour by how people see it: lightness from 0 to 1, strength, and hue in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Oklch {
    l: f64,
    c: f64,
    h: f64,
}

impl Accent {
    /// Of six hexadecimal digits, with or without `#`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.trim().trim_start_matches('#');
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// Such as `0f766e`.
    #[must_use]
    pub fn digits(self) -> String {
        self.0.iter().fold(String::new(), |mut digits, part| {
            _ = write!(digits, "{part:02x}");
            digits
        })
    }

    /// Whether words of it can be read on every ground, and white words on it.
    #[must_use]
    pub fn is_readable(self) -> bool {
        let soft = Oklch::of(self).soft();
        LIGHT_GROUNDS.iter().map(|l| grey(*l)).chain([soft.luminance()]).all(|ground| contrast(self.luminance(), ground) >= READABLE)
    }

    /// The nearest that is readable: as strong, of the same hue, only darker.
    #[must_use]
    pub fn nearest(self) -> Self {
        let own = Oklch::of(self);
        let darker = (0..=200_u32).map(|step| Oklch { l: own.l * (1.0 - f64::from(step) / 200.0), ..own }.rgb());
        darker.into_iter().find(|accent| accent.is_readable()).unwrap_or(Self([0, 0, 0]))
    }

    /// The custom properties of pages in this colour.
    #[must_use]
    pub fn stylesheet(self) -> String {
        let own = Oklch::of(self);
        let calm = own.c.min(STRONGEST);
        let at = |l: f64, c: f64| Oklch { l, c, h: own.h };
        let dark = self.in_dark();
        let properties = [
            ("accent", own, dark),
            ("accent-hover", at((own.l - 0.06).max(0.0), own.c), at((dark.l + 0.05).min(1.0), dark.c * 0.92)),
            ("on-accent", at(1.0, 0.0), at(0.2, calm * 0.3)),
            ("accent-soft", own.soft(), at(0.295, calm * 0.4)),
            ("accent-line", at(0.86, calm * 0.45), at(0.4, calm * 0.55)),
        ];
        let lines = properties.iter().fold(String::new(), |mut lines, (name, light, dark)| {
            _ = writeln!(lines, "    --{name}: light-dark({}, {});", light.css(), dark.css());
            lines
        });
        format!("@layer tokens {{\n  :root {{\n{lines}  }}\n}}\n")
    }

    /// What it is in dark: lighter, until it can be read.
    fn in_dark(self) -> Oklch {
        let own = Oklch::of(self);
        let lighter = |step: u32| Oklch { l: own.l.max(DARK_LIGHTNESS) + f64::from(step) / 100.0, c: own.c.min(STRONGEST), h: own.h };
        let is_readable = |colour: &Oklch| {
            let grounds = DARK_GROUNDS.iter().map(|l| grey(*l)).chain([Oklch { l: 0.295, c: colour.c * 0.4, h: colour.h }.luminance()]);
            grounds.into_iter().all(|ground| contrast(colour.luminance(), ground) >= READABLE)
        };
        (0..=20).map(lighter).find(is_readable).unwrap_or(Oklch { l: 1.0, c: 0.0, h: 0.0 })
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| linear(f64::from(part) / 255.0));
        luminance(red, green, blue)
    }
}

/// By what light the eye gets of it (WCAG 2).
fn luminance(red: f64, green: f64, blue: f64) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn grey(l: f64) -> f64 {
    Oklch { l, c: 0.0, h: 0.0 }.luminance()
}

/// sRGB to light, and back.
fn linear(part: f64) -> f64 {
    if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

fn encoded(light: f64) -> f64 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

impl Oklch {
    /// After Björn Ottosson.
    fn of(accent: Accent) -> Self {
        let [r, g, b] = accent.0.map(|part| linear(f64::from(part) / 255.0));
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        let lightness = 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s;
        let a = 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s;
        let b = 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s;
        Self { l: lightness, c: a.hypot(b), h: b.atan2(a).to_degrees().rem_euclid(360.0) }
    }

    /// In light, each part from 0 to 1; what a screen cannot show is cut off.
    fn light(self) -> [f64; 3] {
        let (a, b) = (self.c * self.h.to_radians().cos(), self.c * self.h.to_radians().sin());
        let l = (self.l + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (self.l - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (self.l - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ]
        .map(|part| part.clamp(0.0, 1.0))
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.light();
        luminance(red, green, blue)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a colour is from 0 to 255")]
    fn rgb(self) -> Accent {
        Accent(self.light().map(|part| (encoded(part) * 255.0).round() as u8))
    }

    /// The ground of what is chosen, in light.
    fn soft(self) -> Self {
        Self { l: 0.952, c: self.c.min(STRONGEST) * 0.24, h: self.h }
    }

    fn css(self) -> String {
        format!("oklch({:.1}% {:.3} {:.1})", self.l * 100.0, self.c, self.h)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accent(text: &str) -> Accent {
        Accent::read(text).unwrap()
    }

    #[test]
    fn a_colour_is_six_digits() {
        assert_eq!(accent(" #0F766E ").digits(), "0f766e");
        for text in ["", "#fff", "0f766", "0f766eff", "gggggg", "ééé"] {
            assert_eq!(Accent::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_colour_comes_back_from_how_people_see_it() {
        for text in ["000000", "ffffff", "ff0000", "0f766e", "123456", "fedcba"] {
            assert_eq!(Oklch::of(accent(text)).rgb().digits(), text);
        }
        let red = Oklch::of(accent("ff0000"));
        assert!((red.l - 0.628).abs() < 0.001 && (red.c - 0.258).abs() < 0.001 && (red.h - 29.23).abs() < 0.1, "{red:?}");
    }

    #[test]
    fn of_every_colour_the_nearest_can_be_read_in_light_and_in_dark() {
        assert!((contrast(accent("000000").luminance(), accent("ffffff").luminance()) - 21.0).abs() < 0.001);
        for step in 0..=15_u32 {
            for (green, blue) in (0..=15_u32).flat_map(|green| (0..=15_u32).map(move |blue| (green, blue))) {
                let colour = accent(&format!("{:02x}{:02x}{:02x}", step * 17, green * 17, blue * 17));
                let near = colour.nearest();
                assert!(near.is_readable(), "{} {}", colour.digits(), near.digits());
                assert_eq!(near == colour, colour.is_readable());
                let dark = near.in_dark().luminance();
                assert!(DARK_GROUNDS.iter().all(|l| contrast(dark, grey(*l)) >= READABLE), "{}", near.digits());
            }
        }
        assert!(!accent("ffd400").is_readable() && accent("0f766e").is_readable());
    }

    #[test]
    fn a_stylesheet_names_the_properties_of_the_house() {
        let style = accent("0f766e").stylesheet();
        for name in ["--accent:", "--accent-hover:", "--on-accent:", "--accent-soft:", "--accent-line:"] {
            assert!(style.contains(name), "{style}");
        }
        assert!(style.starts_with("@layer tokens {") && !style.contains("NaN"), "{style}");
    }
}
