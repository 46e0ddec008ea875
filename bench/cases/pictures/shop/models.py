"""What the shop keeps of an order."""


class Order:
    def __init__(self, number):
        self.number = number
        self.lines = [Line(sku) for sku in range(4)]
        self.address = Address(f"{number} High Street", f"town {number % 90}")
        self.note = f"order {number}: " + "x" * 180


class Line:
    def __init__(self, sku):
        self.sku = f"sku-{sku:08d}"
        self.price = sku * 1.25


class Address:
    def __init__(self, street, town):
        self.street = street
        self.town = town
        self.label = f"{street}\n{town}"
