# frozen_string_literal: true

# /up and /health are Signalbox::Middleware::Probes'.
Rails.application.routes.draw do
  root "places#show"
  resource :session, only: %i[show create]
  resources :notes, only: %i[show update]
  resources :uploads, only: %i[show update], format: false, id: /\w[\w.%-]*/
  resources :closings, only: %i[show create]
end
