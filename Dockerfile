FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt
COPY . .
RUN SECRET_KEY=only-for-the-build EMAIL_URL=smtp://localhost python manage.py collectstatic --noinput \
    && useradd --no-create-home standby
USER standby
EXPOSE 8000
