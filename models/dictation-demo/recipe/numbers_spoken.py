"""Numbers, dates and measures in the words in which people dictate them."""

from __future__ import annotations

import random

ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


def words(n: int) -> str:
    """Say a whole number below a million in full."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f" {ONES[n % 10]}" if n % 10 else "")
    if n < 1_000:
        return f"{ONES[n // 100]} hundred" + (f" {words(n % 100)}" if n % 100 else "")
    return f"{words(n // 1_000)} thousand" + (f" {words(n % 1_000)}" if n % 1_000 else "")


def hundreds(n: int, rng: random.Random) -> str:
    """Say 100 to 999 as people do: "one hundred twenty", "one twenty", "a hundred and twenty"."""
    style = rng.random()
    if style < 0.4 or n % 100 == 0:
        return words(n)
    if style < 0.8:
        rest = words(n % 100) if n % 100 > 9 else f"o {ONES[n % 10]}"
        return f"{ONES[n // 100]} {rest}"
    first = "a" if n < 200 and rng.random() < 0.5 else ONES[n // 100]
    return f"{first} hundred and {words(n % 100)}"


def digits(rng: random.Random, count: int) -> str:
    """Say single digits, now and then "o" for zero."""
    return " ".join(
        "o" if d == 0 and rng.random() < 0.2 else ONES[d] for d in (rng.randrange(10) for _ in range(count))
    )


def decimal(rng: random.Random) -> str:
    """Say something like "seven point four" or "point five"."""
    whole = rng.choice(["", "zero", *(words(rng.randrange(1, 40)) for _ in range(8))])
    return f"{whole} point {digits(rng, rng.choice((1, 1, 1, 2)))}".strip()


def ordinal(n: int) -> str:
    """Say the nth, up to the thirty first."""
    if n <= 20:
        return ORDINALS[n - 1]
    return {30: "thirtieth"}.get(n) or f"{TENS[n // 10]} {ORDINALS[n % 10 - 1]}"


def year(rng: random.Random) -> str:
    """Say a year from 1930 on."""
    n = rng.choice((rng.randrange(1930, 2000), rng.randrange(2000, 2028), rng.randrange(2008, 2028)))
    if n < 2000:
        rest = words(n % 100) if n % 100 > 9 else f"o {ONES[n % 10]}" if n % 10 else "hundred"
        return f"nineteen {rest}"
    if n < 2010 or rng.random() < 0.4:
        return "two thousand" + (rng.choice((" ", " and ")) + words(n % 100) if n % 100 else "")
    return f"twenty {words(n % 100)}"


def date(rng: random.Random) -> str:
    """Say a date: "march third twenty twenty four", "the third of march", "three slash four slash twenty"."""
    month, day = rng.randrange(12), rng.randrange(1, 32)
    name = MONTHS[month]
    style = rng.random()
    if style < 0.35:
        return f"{name} {ordinal(day)} {year(rng)}"
    if style < 0.5:
        return f"{name} {words(day)} {year(rng)}"
    if style < 0.6:
        return f"{name} {ordinal(day)} comma {year(rng)}"
    if style < 0.7:
        return f"{name} {ordinal(day)}"
    if style < 0.8:
        return f"the {ordinal(day)} of {name}" + (f" {year(rng)}" if rng.random() < 0.5 else "")
    if style < 0.9:
        return f"{words(month + 1)} slash {words(day)} slash {year(rng)}"
    return f"{name} {year(rng)}"


def age(rng: random.Random) -> str:
    """Say an age in years."""
    return words(rng.randrange(1, 100))


def pressure(rng: random.Random) -> str:
    """Say a blood pressure."""
    upper, lower = rng.randrange(80, 220), rng.randrange(40, 119)
    said = [hundreds(n, rng) if n > 99 else words(n) for n in (upper, lower)]
    return f"{said[0]} over {said[1]}"


def pulse(rng: random.Random) -> str:
    """Say beats a minute."""
    n = rng.randrange(45, 150)
    return hundreds(n, rng) if n > 99 else words(n)


def temperature(rng: random.Random) -> str:
    """Say degrees Fahrenheit."""
    n = rng.randrange(95, 105)
    return f"{hundreds(n, rng) if n > 99 else words(n)}" + (
        f" point {ONES[rng.randrange(10)]}" if rng.random() < 0.8 else ""
    )


def letters(rng: random.Random) -> str:
    """Spell something."""
    return " ".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randrange(2, 7)))


def value(rng: random.Random) -> str:
    """Say any measured value."""
    style = rng.random()
    if style < 0.4:
        return decimal(rng)
    if style < 0.7:
        return words(rng.randrange(1, 100))
    if style < 0.95:
        return hundreds(rng.randrange(100, 1000), rng)
    return words(rng.randrange(1, 20)) + " thousand"


RULES = {
    "number": lambda r: words(r.randrange(1, 100) if r.random() < 0.4 else r.randrange(1, 15)),
    "digit": lambda r: words(r.randrange(1, 11)),
    "digits": lambda r: digits(r, r.randrange(3, 9)),
    "digits_short": lambda r: digits(r, r.randrange(1, 4)),
    "hundreds": lambda r: hundreds(r.randrange(100, 1000), r),
    "decimal": decimal,
    "year": year,
    "date": date,
    "age": age,
    "pressure": pressure,
    "pulse": pulse,
    "respirations": lambda r: words(r.randrange(10, 40)),
    "temperature": temperature,
    "saturation": lambda r: words(r.randrange(80, 100)) if r.random() < 0.95 else "one hundred",
    "weight": lambda r: hundreds(r.randrange(100, 320), r) if r.random() < 0.7 else words(r.randrange(40, 99)),
    "letters": letters,
    "value": value,
}  # fmt: skip
