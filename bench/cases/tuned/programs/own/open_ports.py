"""Reserves a socket for each job that might need one."""

import socket
import time


class Reservations:
    def __init__(self):
        self.kept = []

    def reserve(self, number):
        mine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.kept.append({"job": number, "socket": mine, "log": [f"reserved for job {number}"]})


def main():
    reservations = Reservations()
    number = 0
    while number < 900:
        number += 1
        reservations.reserve(number)
        time.sleep(0.06)


if __name__ == "__main__":
    main()
