//! Writes floating-point numbers in decimal.

/// The bits of a double's fraction.
const FRACTION_BITS: i32 = 52;

/// What the format adds to the exponent of the fraction's last bit.
const BIAS: i32 = 1075;

/// Writes a number exactly. `None` for infinities and for what is not a number.
///
/// Rust's own code finds the shortest digits that read back as the same number, and would be 12 KB of every module. All
/// digits read back as the same number too.
pub(super) fn decimal(number: f64) -> Option<Vec<u8>> {
    let bits = number.abs().to_bits();
    let exponent = i32::try_from(bits >> FRACTION_BITS).ok().filter(|exponent| *exponent < 0x7ff)?;
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let (mantissa, exponent) = match exponent {
        // Subnormal numbers.
        0 => (fraction, 1_i32.saturating_sub(BIAS)),
        _ => (fraction | 1 << FRACTION_BITS, exponent.saturating_sub(BIAS)),
    };
    let zeros = mantissa.trailing_zeros().min(u64::BITS.saturating_sub(1));
    let exponent = exponent.saturating_add_unsigned(zeros);
    let mut digits = digits(mantissa >> zeros);
    // m / 2^n is m * 5^n / 10^n.
    let factor = if exponent < 0 { 5 } else { 2 };
    let decimals = usize::try_from(exponent.saturating_neg()).unwrap_or_default();
    (0..exponent.unsigned_abs()).for_each(|_| multiply(&mut digits, factor));
    digits.resize(digits.len().max(decimals.saturating_add(1)), 0);
    let mut text = Vec::new();
    text.extend(number.is_sign_negative().then_some(b'-'));
    for (place, digit) in digits.iter().enumerate().rev() {
        text.push(digit.saturating_add(b'0'));
        text.extend((place == decimals && place > 0).then_some(b'.'));
    }
    // A whole number here is too large for a double to be exact: with a fraction, no field for integers takes it.
    text.extend(if decimals == 0 { b".0".as_slice() } else { b"" });
    Some(text)
}

/// Returns the decimal digits, from the last to the first.
fn digits(mut number: u64) -> Vec<u8> {
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(u8::try_from(number % 10).unwrap_or_default());
        number /= 10;
    }
    digits
}

fn multiply(digits: &mut Vec<u8>, factor: u8) {
    let mut carry = 0_u8;
    for digit in digits.iter_mut() {
        let product = digit.saturating_mul(factor).saturating_add(carry);
        *digit = product % 10;
        carry = product / 10;
    }
    digits.extend((carry > 0).then_some(carry));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(number: f64) -> String {
        String::from_utf8(decimal(number).unwrap()).unwrap()
    }

    #[test]
    fn numbers_that_are_exact_in_binary_are_short() {
        for (number, expected) in [(1.5, "1.5"), (-0.25, "-0.25"), (1e22, "10000000000000000000000.0")] {
            assert_eq!(text(number), expected);
        }
        assert!(text(0.1).starts_with("0.1000000000000000055511151231257827"));
        assert_eq!(decimal(f64::INFINITY), None);
        assert_eq!(decimal(f64::NAN), None);
    }

    proptest! {
        #[test]
        fn every_number_is_exact(bits: u64) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            prop_assert_eq!(text(number).parse::<f64>().unwrap().to_bits(), bits);
        }
    }
}
