from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "enrollment.vault"
    label = "vault"
    verbose_name = "allocation vault"
