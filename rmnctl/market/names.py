"""Invented brands and natural product names, in a small grocery hierarchy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: Brand names and the codes their SKUs begin with; later brands are numbered.
BRANDS = (
    ("Harbor", "HRB"), ("Northfield", "NFD"), ("Copperleaf", "CPL"), ("Saltbrook", "SBK"),
    ("Meadowlark", "MDW"), ("Fernhollow", "FHW"), ("Bluestem", "BLS"), ("Oakridge Lane", "OKL"),
    ("Windmere", "WDM"), ("Larkspur", "LKS"), ("Stonebridge", "STB"), ("Clover & Rye", "CLR"),
)  # fmt: skip


@dataclass(frozen=True)
class Category:
    """One shelf.

    Attributes:
        department: The floor it stands on.
        name: What shoppers call it.
        products: Product lines, each `variety + noun`.
        sizes: Pack sizes, small to large.
        price: Usual price of the smallest size, currency units.
    """

    department: str
    name: str
    products: tuple[str, ...]
    sizes: tuple[str, ...]
    price: float


def _category(department: str, name: str, price: float, sizes: str, products: str) -> Category:
    split = tuple(product.strip() for product in products.split(","))
    return Category(department, name, split, tuple(sizes.split("|")), price)


CATEGORIES = (
    _category("Breakfast", "Granola", 8.49, "12 oz|24 oz|36 oz",
              "Vanilla Oat Granola, Honey Almond Granola, Maple Pecan Granola, Cocoa Granola"),
    _category("Beverages", "Coffee", 13.99, "12 oz|20 oz|32 oz",
              "Dark Roast Coffee, Medium Roast Coffee, Breakfast Blend Coffee, Decaf Coffee"),
    _category("Household", "Laundry", 15.99, "92 fl oz|138 fl oz|184 fl oz",
              "Fresh Linen Detergent, Lavender Detergent, Free & Clear Detergent, Cold Detergent"),
    _category("Pantry", "Olive Oil", 14.99, "16.9 fl oz|25 fl oz|34 fl oz",
              "Extra Virgin Olive Oil, Light Olive Oil, Lemon Olive Oil, Garlic Olive Oil"),
    _category("Pet", "Dog Food", 18.99, "5 lb|12 lb|24 lb",
              "Chicken Dog Food, Salmon Dog Food, Lamb Dog Food, Grain Free Dog Food"),
    _category("Snacks", "Nuts", 9.99, "14 oz|22 oz|32 oz",
              "Roasted Almonds, Salted Cashews, Smoked Almonds, Honey Roasted Peanuts"),
    _category("Personal Care", "Skin Care", 12.99, "3.4 fl oz|8 fl oz|16 fl oz",
              "Daily Face Lotion, Oatmeal Body Lotion, Shea Hand Cream, Mineral Sunscreen"),
    _category("Baby", "Diapers", 19.99, "42 ct|84 ct|148 ct",
              "Overnight Diapers, Newborn Diapers, Active Diapers, Training Pants"),
    _category("Beverages", "Sparkling Water", 7.99, "12 pack|18 pack|24 pack",
              "Lime Sparkling Water, Grapefruit Sparkling Water, Berry Sparkling Water, "
              "Plain Sparkling Water"),
    _category("Wellness", "Protein", 21.99, "1 lb|2 lb|5 lb",
              "Vanilla Protein Powder, Chocolate Protein Powder, Pea Protein Powder, "
              "Coffee Protein Powder"),
    _category("Household", "Dish Care", 10.99, "40 ct|62 ct|90 ct",
              "Lemon Dishwasher Pods, Fresh Dishwasher Pods, Free & Clear Dishwasher Pods, "
              "Power Dishwasher Pods"),
    _category("Wellness", "Vitamins", 13.49, "60 ct|120 ct|240 ct",
              "Berry Multivitamin Gummies, Vitamin D3 Softgels, Magnesium Capsules, "
              "Elderberry Gummies"),
)  # fmt: skip


def brand_name(position: int) -> tuple[str, str]:
    """Name and SKU code of the brand at that position, counted from 0."""
    if position < len(BRANDS):
        return BRANDS[position]
    return f"Brand {position + 1}", f"B{position + 1:02d}"


@dataclass(frozen=True)
class Product:
    """A product of one brand: where it stands, what it is called, what it usually costs."""

    category: Category
    product_line: str
    name: str
    usual_price: float


def products(brand: str) -> Iterator[Product]:
    """Endless distinct products of one brand: line by line, size by size, then multipacks."""
    packs = 1
    while True:
        for size in range(3):
            for line in range(4):
                for category in CATEGORIES:
                    title = f"{brand} {category.products[line]} {category.sizes[size]}"
                    name = title if packs == 1 else f"{title}, Pack of {packs}"
                    # Larger sizes are cheaper by weight.
                    price = category.price * (1.0, 1.35, 1.9)[size] * packs**0.93
                    yield Product(category, category.products[line], name, price)
        packs += 1
