# frozen_string_literal: true

# Work that one region only may do, asked for by a user.
class ClosingsController < ApplicationController
  rescue_from Signalbox::NotActive do |error|
    render json: { error: error.message }, status: :conflict
  end

  rescue_from Aws::DynamoDB::Errors::ConditionalCheckFailedException do
    render json: { error: "a later epoch has closed it" }, status: :conflict
  end

  def show
    show_found Closing.find(params[:id])
  end

  def create
    day = params.require(:day)
    return render(json: Closing.close(day)) unless params[:later]

    CloseDayJob.perform_async(day)
    head :accepted
  end
end
