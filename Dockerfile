# Trialsite as an image: wheels only, no compiler, nobody but an ordinary user inside, every asset in place.

FROM python:3.11-slim AS packages
COPY requirements.txt /
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --only-binary :all: --no-deps --require-hashes -r /requirements.txt

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    TRIALSITE_MODE=production \
    TRIALSITE_DATA_DIR=/data
# What sets PDF and its letters; everything else is a wheel.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin trialsite \
    && install -d -o trialsite -g trialsite -m 0700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# The keys of this one step sign and encrypt nothing; the image holds no secret.
RUN TRIALSITE_SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    TRIALSITE_ALLOCATION_KEY="$(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')" \
    TRIALSITE_SECOND_FACTOR_KEY="$(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')" \
    TRIALSITE_HOSTS=localhost TRIALSITE_DATA_DIR=/tmp/build \
    python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/build
USER trialsite
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 CMD ["python", "-m", "trialsite.lib.probe"]
CMD ["gunicorn", "-c", "python:trialsite.serve", "--bind", "0.0.0.0:8000", "trialsite.wsgi"]
