"""Addresses of sign-in and of accounts."""

from django.urls import path

from trialsite.accounts.views import access_review, roles, second_factor, sign_in, training, users

app_name = "accounts"

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("password/", sign_in.change_password, name="password_change"),
    path("password/<uidb64>/<token>/", sign_in.ChoosePassword.as_view(), name="choose_password"),
    path("second-factor/", second_factor.second_factor, name="second_factor"),
    path("roles/", roles.roles, name="roles"),
    path("knowledge/", roles.knowledge, name="knowledge"),
    path("training/", training.own_training, name="training"),
    path("users/", users.users, name="users"),
    path("users/invite/", users.invite, name="invite"),
    path("users/sign-ins/", users.sign_ins, name="sign_ins"),
    path("users/review/", access_review.access_review, name="access_review"),
    path("users/review/<uuid:review_id>/", access_review.signed_review, name="signed_review"),
    path("users/<uuid:user_id>/", users.user, name="user"),
    path("users/<uuid:user_id>/training/", training.user_training, name="user_training"),
    path("users/<uuid:user_id>/<slug:step>/", users.user_step, name="user_step"),
]
