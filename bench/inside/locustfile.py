"""The same load with locust: users that never wait, with its fast client."""

from locust import FastHttpUser, constant, task


class User(FastHttpUser):
    """Requests one page repeatedly."""

    wait_time = constant(0)

    @task
    def page(self):
        """One request."""
        self.client.get("/")
