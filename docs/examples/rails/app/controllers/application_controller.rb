# frozen_string_literal: true

class ApplicationController < ActionController::API
  rescue_from Aws::DynamoDB::Errors::ServiceError, Seahorse::Client::NetworkingError do
    render json: { error: "the table does not answer" }, status: :service_unavailable
  end

  private

  # What is there, or 404.
  def show_found(found)
    found ? render(json: found) : render(json: { error: "not found" }, status: :not_found)
  end
end
