"""The same load by locust: users that never wait, by its fast client."""

from locust import FastHttpUser, constant, task


class User(FastHttpUser):
    """Asks for one page again and again."""

    wait_time = constant(0)

    @task
    def page(self):
        """One request."""
        self.client.get("/")
